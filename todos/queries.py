"""What a user sees of their to-dos."""

from collections.abc import Callable
from datetime import datetime
from typing import TypedDict
from uuid import UUID

from django.db.models import Q, QuerySet

from core import cache
from core.errors import NotFound
from todos.models import Todo


class Filters(TypedDict, total=False):
    completed: bool
    due_before: datetime
    priority: int
    q: str


def todo_of(*, user_id: UUID, todo_id: UUID) -> Todo:
    """The user's own; raises NotFound for any other."""
    todo = Todo.objects.filter(pk=todo_id, user_id=user_id).first()
    if todo is None:
        raise NotFound
    return todo


def todos_of(*, user_id: UUID, filters: Filters) -> QuerySet[Todo]:
    """The user's own that fit every filter; `q` searches title and notes."""
    rows = Todo.objects.filter(user_id=user_id)
    exact = {name: filters[name] for name in ("completed", "priority") if name in filters}  # type: ignore[literal-required]
    if "due_before" in filters:
        rows = rows.filter(due_at__lt=filters["due_before"])
    if "q" in filters:
        rows = rows.filter(Q(title__icontains=filters["q"]) | Q(notes__icontains=filters["q"]))
    return rows.filter(**exact)


def cached_list(*, user_id: UUID, name: str, compute: Callable[[], bytes]) -> cache.Entry:
    """The user's list called `name` as finished bytes, from the cache until the user's next write."""
    tag = list_tag(user_id)
    return cache.read_through(f"{tag}:{name}", tags=(tag,), compute=compute)


def list_tag(user_id: UUID) -> str:
    """The cache tag of all lists of one user."""
    return f"todos:{user_id}"
