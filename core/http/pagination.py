"""Keyset pages: a cursor holds the last row's ordering values, so page 10,000 costs what page 1 does.

`page` is a function of rows, query string and address, so lean reads, DRF's views and code without a request
call the same one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet
from rest_framework.utils.urls import replace_query_param

from core import grammar
from core.errors import FieldError, Invalid
from core.http import cursors
from core.http.cursors import Cursor

DEFAULT_SIZE, MAX_SIZE = 20, 100  # rows
SIZE_EXPECTED = f"Give a whole number from 1 to {MAX_SIZE}"


@dataclass(frozen=True, slots=True)
class Ordering:
    """What a list may be ordered by: `fields`, from the public name to a model field, and its `default`.

    Fields must not be null; the primary key breaks ties.
    """

    fields: Mapping[str, str]
    default: str

    @property
    def choices(self) -> list[str]:
        """Every value that `?ordering=` takes."""
        return [f"{sign}{name}" for name in self.fields for sign in ("", "-")]


@dataclass(frozen=True, slots=True)
class Page:
    """Rows of a list, and the addresses of the pages beside them; None at an end."""

    rows: list[Any]
    next: str | None
    previous: str | None

    def document(self, results: Any) -> dict[str, Any]:
        """The list document of the contract around the rendered rows."""
        return {"next": self.next, "previous": self.previous, "results": results}


def page(rows: QuerySet[Any, Any], query: Mapping[str, str], *, ordering: Ordering, url: str) -> Page:
    """The page of `rows` that `query` asks for by `cursor`, `page_size` and `ordering`. One query.

    `url` is the address of the list with what it was asked, which the links repeat. Raises Invalid
    for an ordering that is not offered, a bad page_size or a cursor that is not ours.
    """
    size, fields = _size(query), _fields(query, ordering)
    context = f"{rows.model._meta.label_lower} {' '.join(fields)}"
    cursor = _cursor(query, context)
    found = list(_from(rows, fields, cursor)[: size + 1])
    shown, has_more = found[:size], len(found) > size
    if cursor is not None and cursor.backwards:
        shown.reverse()

    def link(place: int, *, backwards: bool) -> str:
        values = [_value(shown[place], field.lstrip("-")) for field in fields]
        return replace_query_param(url, "cursor", cursors.encode(Cursor(backwards, values), context=context))

    has_previous, has_next = _neighbours(cursor, has_more=has_more) if shown else (False, False)
    return Page(
        rows=shown,
        next=link(-1, backwards=False) if has_next else None,
        previous=link(0, backwards=True) if has_previous else None,
    )


def page_size(text: str) -> int:
    """How many rows a page is to have. Raises Unreadable."""
    return grammar.whole(text, minimum=1, maximum=MAX_SIZE)


def _size(query: Mapping[str, str]) -> int:
    try:
        return page_size(query.get("page_size", str(DEFAULT_SIZE)))
    except grammar.Unreadable as error:
        raise _bad("page_size", SIZE_EXPECTED) from error


def _fields(query: Mapping[str, str], ordering: Ordering) -> list[str]:
    """The model fields to order by, the tie-break last, each with its sign."""
    name = query.get("ordering", ordering.default)
    field = ordering.fields.get(name.removeprefix("-"))
    if field is None:
        raise _bad("ordering", f"Order by one of: {', '.join(ordering.fields)}; a leading - reverses")
    sign = "-" if name.startswith("-") else ""
    return [f"{sign}{field}"] if field in ("id", "pk") else [f"{sign}{field}", f"{sign}pk"]


def _cursor(query: Mapping[str, str], context: str) -> Cursor | None:
    text = query.get("cursor")
    if text is None:
        return None
    try:
        return cursors.decode(text, context=context)
    except cursors.NotOurs as error:
        raise _bad("cursor", "This cursor is not one of ours, or of another ordering") from error


def _from(rows: QuerySet[Any, Any], fields: list[str], cursor: Cursor | None) -> QuerySet[Any, Any]:
    """The rows from the cursor on, in the direction in which it reads them."""
    if cursor is None:
        return rows.order_by(*fields)
    order = [_flip(field) for field in fields] if cursor.backwards else fields
    return rows.order_by(*order).filter(_beyond(order, cursor.values))


def _neighbours(cursor: Cursor | None, *, has_more: bool) -> tuple[bool, bool]:
    """Whether there are rows before and after a page: on the side that it was read from, there are."""
    if cursor is None:
        return False, has_more
    return (has_more, True) if cursor.backwards else (True, has_more)


def _beyond(order: list[str], values: list[Any]) -> Q:
    """(a, b) > (x, y) as SQL that an index serves: a >= x and (a > x or b > y)."""
    names = [field.lstrip("-") for field in order]
    op = "lt" if order[0].startswith("-") else "gt"
    tie = Q(**{f"{names[-1]}__{op}": values[-1]})
    if len(names) == 1:
        return tie
    return Q(**{f"{names[0]}__{op}e": values[0]}) & (Q(**{f"{names[0]}__{op}": values[0]}) | tie)


def _value(row: Any, field: str) -> Any:
    for part in [field] if isinstance(row, dict) else field.split("__"):
        row = row[part] if isinstance(row, dict) else getattr(row, part)
    return row


def _flip(field: str) -> str:
    return field[1:] if field.startswith("-") else f"-{field}"


def _bad(field: str, detail: str) -> Invalid:
    return Invalid(f"{field}: {detail}", errors=[FieldError(field=field, code="invalid", detail=detail)])
