"""To-dos over HTTP. Reads skip DRF's machinery; a user's list is finished bytes until their next write."""

from typing import cast
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.permissions import IsCustomer
from core.errors import FieldError, Invalid
from core.http.bodies import read
from core.http.conditional import PRIVATE, bytes_response, check_if_match, etag_of
from core.http.drf_pagination import KeysetPagination
from core.http.lean import LeanReads, Readers
from core.http.pagination import Ordering, page
from core.http.permissions import caller_id
from core.idempotency.decorator import idempotent
from core.json import dumps
from todos import queries, services
from todos.api.documents import ChangedDocument, TodoDocument
from todos.api.requests import BulkRequest, TodoChangesRequest, TodoFilters, TodoRequest
from todos.models import Todo

# Values that do not repeat would fill the cache with lists nobody asks for again.
NOT_CACHED = frozenset({"q", "due_before", "cursor"})


class TodosView(LeanReads):
    readers = Readers.CUSTOMERS
    permission_classes = [IsCustomer]
    pagination_class = KeysetPagination
    ordering = Ordering(
        {"created_at": "created_at", "due_at": "due_rank", "priority": "priority", "title": "title"},
        default="-created_at",
    )

    @extend_schema(parameters=[TodoFilters], responses=TodoDocument(many=True))
    def get(self, request: HttpRequest) -> HttpResponse:
        user_id = caller_id(request)
        name = _cache_name(request)
        if name is None:
            body = self._page(request, user_id)
            return bytes_response(request, body, etag=etag_of(body), cache_control=PRIVATE)
        entry = queries.cached_list(user_id=user_id, name=name, compute=lambda: self._page(request, user_id))
        return bytes_response(request, entry.body, etag=entry.etag, cache_control=PRIVATE)

    def _page(self, request: HttpRequest, user_id: UUID) -> bytes:
        filters = cast("queries.Filters", TodoFilters.parse(request.GET))
        todos = queries.todos_of(user_id=user_id, filters=filters)
        shown = page(todos, request.GET, ordering=self.ordering, url=request.build_absolute_uri())
        return dumps(shown.document(TodoDocument(shown.rows, many=True).data))

    @extend_schema(request=TodoRequest, responses={201: TodoDocument})
    @idempotent
    def post(self, request: Request) -> Response:
        changes = _changes(TodoRequest, request)
        todo = services.add(user_id=caller_id(request), changes=changes, now=timezone.now())
        return _answer(todo, status=status.HTTP_201_CREATED, Location=reverse("todo", args=[todo.pk]))

    @extend_schema(
        operation_id="todos_clear_completed",
        parameters=[OpenApiParameter("completed", bool, required=True, enum=[True])],
        responses=ChangedDocument,
    )
    def delete(self, request: Request) -> Response:
        """Clears what is done. There is no way to clear the rest at once."""
        if request.GET.dict() != {"completed": "true"}:
            detail = "Say ?completed=true, and nothing else"
            raise Invalid(detail, errors=[FieldError(field="completed", code="required", detail=detail)])
        return Response({"changed": services.clear_completed(user_id=caller_id(request))})


class TodoView(LeanReads):
    readers = Readers.CUSTOMERS
    permission_classes = [IsCustomer]

    @extend_schema(responses=TodoDocument)
    def get(self, request: HttpRequest, todo_id: UUID) -> HttpResponse:
        todo = queries.todo_of(user_id=caller_id(request), todo_id=todo_id)
        body = _body(todo)
        return bytes_response(request, body, etag=etag_of(body), cache_control=PRIVATE)

    @extend_schema(request=TodoChangesRequest, responses=TodoDocument)
    def patch(self, request: Request, todo_id: UUID) -> Response:
        todo = services.edit(
            user_id=caller_id(request),
            todo_id=todo_id,
            changes=_changes(TodoChangesRequest, request),
            require=lambda present: check_if_match(request, etag_of(_body(present))),
            now=timezone.now(),
        )
        return _answer(todo)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, todo_id: UUID) -> Response:
        services.remove(
            user_id=caller_id(request),
            todo_id=todo_id,
            require=lambda present: check_if_match(request, etag_of(_body(present))),
        )
        return Response(status=status.HTTP_204_NO_CONTENT)


class BulkView(APIView):
    """Marks many as done or not done. Ids that are not one's own change nothing."""

    permission_classes = [IsCustomer]

    @extend_schema(request=BulkRequest, responses=ChangedDocument)
    def post(self, request: Request) -> Response:
        wanted = read(BulkRequest, request)
        changed = services.complete_many(
            user_id=caller_id(request),
            todo_ids=wanted.ids,
            completed=wanted.completed,
            now=timezone.now(),
        )
        return Response({"changed": changed})


def _cache_name(request: HttpRequest) -> str | None:
    """What distinguishes one cached list of a user from another; None where it is not worth keeping.

    The host is part of it, because the list's links are.
    """
    host = f"{request.scheme}://{request.get_host()}"
    if not request.META.get("QUERY_STRING"):
        return host
    filters = TodoFilters.parse(request.GET)
    if NOT_CACHED & request.GET.keys():
        return None
    paging = {name: request.GET[name] for name in ("ordering", "page_size") if name in request.GET}
    return f"{host}?{sorted({**filters, **paging}.items())}"


def _changes(model: type[TodoChangesRequest], request: Request) -> services.Changes:
    return cast("services.Changes", read(model, request).given())


def _body(todo: Todo) -> bytes:
    return dumps(TodoDocument(todo).data)


def _answer(todo: Todo, *, status: int = 200, **headers: str) -> Response:
    data = TodoDocument(todo).data
    return Response(data, status=status, headers={"ETag": etag_of(dumps(data)), **headers})
