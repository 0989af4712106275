from datetime import UTC, datetime

from django.conf import settings
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce

from core.ids import uuid7

NEVER = datetime(9999, 12, 31, tzinfo=UTC)  # where a to-do without a due time is ordered


class Todo(models.Model):
    """Something its user wants done. `due_rank` orders by due time, what is never due last."""

    class Priority(models.IntegerChoices):
        LOW = 1, "low"
        NORMAL = 2, "normal"
        HIGH = 3, "high"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="todos", db_index=False
    )
    title = models.CharField(max_length=200)
    notes = models.TextField(blank=True)
    completed = models.BooleanField(default=False)
    completed_at = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    due_rank = models.GeneratedField(
        expression=Coalesce(F("due_at"), Value(NEVER)),
        output_field=models.DateTimeField(),
        db_persist=True,
    )
    priority = models.PositiveSmallIntegerField(choices=Priority.choices, default=Priority.NORMAL)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        verbose_name = "to-do"
        constraints = [
            models.CheckConstraint(
                condition=Q(completed=Q(completed_at__isnull=False)), name="todo_completed_has_its_time"
            ),
            models.CheckConstraint(condition=Q(priority__in=[1, 2, 3]), name="todo_priority_known"),
            models.CheckConstraint(condition=~Q(title=""), name="todo_has_title"),
        ]
        indexes = [
            models.Index(fields=["user", "-created_at", "-id"], name="todo_newest"),
            models.Index(fields=["user", "due_rank", "id"], name="todo_due"),
        ]

    def __str__(self) -> str:
        return self.title

    def complete(self, *, completed: bool, now: datetime) -> None:
        """Set whether it is done; the time of doing it stays the first."""
        if completed != self.completed:
            self.completed, self.completed_at = completed, now if completed else None
