"""Who may give whom which rights: nobody gives what they do not have, or takes over who has more."""

from django.contrib.auth.models import Group, Permission
from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import User


def permissions_of(user: User) -> QuerySet[Permission]:
    """Their own and their groups', whether or not the account is active; all of a superuser's."""
    if user.is_superuser:
        return Permission.objects.all()
    own = Permission.objects.filter(Q(user=user) | Q(group__user=user))
    return Permission.objects.filter(pk__in=own.values("pk"))


def groups_within(user: User) -> QuerySet[Group]:
    """The groups that give nothing which `user` does not have."""
    beyond = Group.permissions.through.objects.filter(group=OuterRef("pk")).exclude(
        permission__in=permissions_of(user)
    )
    return Group.objects.filter(~Exists(beyond))


def has_all_of(user: User, other: User) -> bool:
    """Whether `user` has every right that `other` has."""
    if user.is_superuser:
        return True
    beyond = permissions_of(other).exclude(pk__in=permissions_of(user).values("pk"))
    return not other.is_superuser and not beyond.exists()
