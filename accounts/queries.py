from uuid import UUID

from accounts.models import User


def is_active_staff(user_id: UUID) -> bool:
    return User.objects.filter(pk=user_id, is_active=True, is_staff=True).exists()
