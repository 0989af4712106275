from uuid import UUID

from accounts import queries
from accounts.models import User


def change(*, user_id: UUID, name: str | None = None) -> User:
    """Set what is given and leave the rest. Raises AccountGone."""
    user = queries.active_user(user_id)
    if name is not None:
        user.name = name
        user.save(update_fields=["name"])
    return user
