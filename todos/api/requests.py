from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, Field
from rest_framework import serializers

from core.http.bodies import RequestBody
from core.http.fields import NOT_GIVEN, Id, Moment, OneOf, text
from core.http.filters import QueryFilters
from todos.api.documents import PriorityField
from todos.models import Todo

MAX_AT_ONCE = 100  # to-dos
Priority = Annotated[
    Any,  # a word in the body, and the number of its column once it is read
    OneOf(tuple(Todo.Priority.labels)),
    AfterValidator(lambda word: Todo.Priority[word.upper()].value),
    Field(json_schema_extra={"default": "normal"}),
]


class TodoChangesRequest(RequestBody):
    title: Annotated[str, text(200)] = NOT_GIVEN
    notes: Annotated[str, text(10_000, is_blank_taken=True)] = NOT_GIVEN
    completed: bool = NOT_GIVEN
    due_at: Annotated[datetime, Moment()] | None = NOT_GIVEN
    priority: Priority = NOT_GIVEN


class TodoRequest(TodoChangesRequest):
    title: Annotated[str, text(200)]


class BulkRequest(RequestBody):
    ids: Annotated[list[Annotated[UUID, Id()]], Field(min_length=1, max_length=MAX_AT_ONCE)]
    completed: bool


class TodoFilters(QueryFilters):
    completed = serializers.BooleanField(required=False)
    due_before = serializers.DateTimeField(required=False)
    priority = PriorityField(required=False)
    q = serializers.CharField(required=False, max_length=100, help_text="In title or notes.")
