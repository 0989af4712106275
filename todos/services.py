"""What a user does to their to-dos. Every write drops the user's cached lists at its commit."""

from collections.abc import Callable, Collection
from datetime import datetime
from typing import TypedDict
from uuid import UUID

from django.db import transaction

from core import cache
from core.errors import NotFound
from todos.models import Todo
from todos.queries import list_tag

Precondition = Callable[[Todo], None]


class Changes(TypedDict, total=False):
    """What a user may set."""

    title: str
    notes: str
    completed: bool
    due_at: datetime | None
    priority: int


@transaction.atomic
def add(*, user_id: UUID, changes: Changes, now: datetime) -> Todo:
    """Add a to-do of the user's; `title` is required."""
    todo = Todo(user_id=user_id, created_at=now)
    _apply(todo, changes, now=now)
    todo.save(force_insert=True)
    cache.invalidate(list_tag(user_id))
    return todo


@transaction.atomic
def edit(*, user_id: UUID, todo_id: UUID, changes: Changes, require: Precondition, now: datetime) -> Todo:
    """Change some fields. `require` sees the locked to-do first and raises where it may not be changed.

    Raises NotFound for somebody else's.
    """
    todo = _locked(user_id, todo_id)
    require(todo)
    _apply(todo, changes, now=now)
    todo.save(force_update=True)
    cache.invalidate(list_tag(user_id))
    return todo


@transaction.atomic
def remove(*, user_id: UUID, todo_id: UUID, require: Precondition) -> None:
    """Delete a to-do; `require` and NotFound are as for `edit`."""
    todo = _locked(user_id, todo_id)
    require(todo)
    todo.delete()
    cache.invalidate(list_tag(user_id))


@transaction.atomic
def complete_many(*, user_id: UUID, todo_ids: Collection[UUID], completed: bool, now: datetime) -> int:
    """Mark the user's own among `todo_ids` as done or not done; how many changed."""
    ids = list(
        Todo.objects.filter(user_id=user_id, pk__in=todo_ids)
        .exclude(completed=completed)
        .order_by("pk")
        .select_for_update()
        .values_list("pk", flat=True)
    )
    changed = Todo.objects.filter(pk__in=ids).update(
        completed=completed, completed_at=now if completed else None, updated_at=now
    )
    cache.invalidate(list_tag(user_id))
    return changed


@transaction.atomic
def clear_completed(*, user_id: UUID) -> int:
    """Delete all of the user's that are done; how many."""
    done = Todo.objects.filter(user_id=user_id, completed=True).order_by("pk").select_for_update()
    ids = list(done.values_list("pk", flat=True))
    Todo.objects.filter(pk__in=ids).delete()
    cache.invalidate(list_tag(user_id))
    return len(ids)


def _locked(user_id: UUID, todo_id: UUID) -> Todo:
    todo = Todo.objects.select_for_update(of=("self",)).filter(pk=todo_id, user_id=user_id).first()
    if todo is None:
        raise NotFound
    return todo


def _apply(todo: Todo, changes: Changes, *, now: datetime) -> None:
    fields = dict(changes)
    todo.complete(completed=bool(fields.pop("completed", todo.completed)), now=now)
    for name, value in fields.items():
        setattr(todo, name, value)
    todo.updated_at = now
