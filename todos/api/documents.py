from typing import Any

from rest_framework import serializers

from todos.models import Todo


class PriorityField(serializers.ChoiceField):
    """`low`, `normal` or `high`; a number in its column, so that it can be ordered by."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=Todo.Priority.labels, **kwargs)

    def to_internal_value(self, data: Any) -> Any:
        return Todo.Priority[super().to_internal_value(data).upper()].value

    def to_representation(self, value: Any) -> str:
        return str(Todo.Priority(value).label)


class TodoDocument(serializers.ModelSerializer[Todo]):
    priority = PriorityField(default=Todo.Priority.NORMAL)

    class Meta:
        model = Todo
        read_only_fields = ["completed_at", "created_at", "updated_at"]
        fields = ["id", "title", "notes", "completed", "due_at", "priority", *read_only_fields]
        extra_kwargs = {"notes": {"max_length": 10_000}}


class ChangedDocument(serializers.Serializer[Any]):
    changed = serializers.IntegerField()
