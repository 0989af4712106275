"""Pages and their cursors: every row once in both directions, and no cursor but ours is taken."""

import base64
import string
from datetime import UTC, datetime

import pytest
from django.http import QueryDict
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Invalid
from core.http import cursors
from core.http.cursors import Cursor
from core.http.drf_pagination import KeysetPagination
from core.http.pagination import Ordering, page
from core.ids import uuid7
from core.outbox.models import OutboxMessage

URL_SAFE = string.ascii_letters + string.digits + "-_"
SOME_CONTEXT = "shop.thing -created_at -pk"

VALUES = st.lists(
    st.text(st.characters(exclude_categories=["Cs"])) | st.integers(-(2**62), 2**62) | st.datetimes(),
    min_size=1,
    max_size=2,
)


@given(VALUES, st.booleans())
def test_cursor__what_is_encoded__comes_back(values, backwards):
    cursor = cursors.encode(Cursor(backwards, values), context=SOME_CONTEXT)

    came_back, plain = cursors.decode(cursor, context=SOME_CONTEXT)

    assert came_back is backwards
    assert plain == [v if isinstance(v, str | int) else v.isoformat() for v in values]
    assert set(cursor) <= set(URL_SAFE)


@given(VALUES, st.data())
def test_cursor__any_byte_changed__is_refused(values, data):
    cursor = cursors.encode(Cursor(False, values), context=SOME_CONTEXT)
    signed = bytearray(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    place = data.draw(st.integers(0, len(signed) - 1))
    signed[place] ^= data.draw(st.integers(1, 255))

    with pytest.raises(cursors.NotOurs):
        cursors.decode(base64.urlsafe_b64encode(bytes(signed)).decode().rstrip("="), context=SOME_CONTEXT)


@given(st.text())
def test_cursor__any_text__is_refused_and_never_crashes(text):
    with pytest.raises(cursors.NotOurs):
        cursors.decode(text, context=SOME_CONTEXT)


@given(VALUES)
def test_cursor__of_another_list_or_ordering__is_refused(values):
    cursor = cursors.encode(Cursor(False, values), context=SOME_CONTEXT)

    with pytest.raises(cursors.NotOurs):
        cursors.decode(cursor, context="shop.thing created_at pk")


ORDERING = Ordering({"attempts": "attempts", "event": "event", "id": "pk"}, default="attempts")


class _View:
    ordering = ORDERING


@pytest.fixture
def rows(db):
    """Many ties, so that the tie-break is what decides."""
    now = datetime(2030, 1, 1, tzinfo=UTC)
    OutboxMessage.objects.bulk_create(
        OutboxMessage(
            event_id=uuid7(), event="abc"[n % 3], handler="h", payload={}, attempts=n % 4, created_at=now,
            next_attempt_at=now,
        )
        for n in range(23)
    )  # fmt: skip


def _page(url):
    query = QueryDict(url.partition("?")[2])
    shown = page(OutboxMessage.objects.all(), query, ordering=ORDERING, url=url)
    return [row.pk for row in shown.rows], shown.document([])


@pytest.mark.parametrize("ordering", ["attempts", "-attempts", "event", "-event", "id", "-id"])
@pytest.mark.parametrize("size", [1, 2, 7, 22, 23, 24, 100])
def test_pages__walked_to_the_end_and_back__show_each_row_once(rows, ordering, size):
    url, forwards, last = f"/?ordering={ordering}&page_size={size}", [], None
    while url:
        found, last = _page(url)
        forwards.append(found)
        url = last["next"]
    url, backwards = last["previous"], []
    while url:
        found, envelope = _page(url)
        backwards.append(found)
        url = envelope["previous"]

    assert sorted(pk for page in forwards for pk in page) == sorted(
        OutboxMessage.objects.values_list("pk", flat=True)
    )
    assert backwards == forwards[-2::-1]
    assert last["next"] is None


def test_pages__empty_list__has_no_links(db):
    found, envelope = _page("/")

    assert (found, envelope) == ([], {"next": None, "previous": None, "results": []})


def test_pages__page_10__costs_what_page_1_does(rows, django_assert_num_queries):
    _, envelope = _page("/?page_size=2")

    with django_assert_num_queries(1):
        _page(envelope["next"])


def test_pages__in_a_view_of_drf__are_the_same(rows):
    pages, request = KeysetPagination(), RequestFactory().get("/?page_size=7&ordering=-event")

    found = pages.paginate_queryset(OutboxMessage.objects.all(), request, view=_View())

    expected, document = _page("http://testserver/?page_size=7&ordering=-event")
    assert [row.pk for row in found] == expected
    assert pages.get_paginated_response([]).data == document


@pytest.mark.parametrize(
    "size", ["0", "101", "1000", "0050", "0" * 9 + "1000", "-1", "1.0", "", " 5", "\u0665"]
)
def test_pages__size_that_is_none__is_refused(rows, size):
    with pytest.raises(Invalid) as refused:
        page(OutboxMessage.objects.all(), {"page_size": size}, ordering=ORDERING, url="/")

    assert [(e.field, e.code) for e in refused.value.errors] == [("page_size", "invalid")]


@pytest.mark.parametrize(("size", "rows_shown"), [("1", 1), ("007", 7), ("100", 23)])
def test_pages__size_of_up_to_three_digits__is_taken(rows, size, rows_shown):
    shown = page(OutboxMessage.objects.all(), {"page_size": size}, ordering=ORDERING, url="/")

    assert len(shown.rows) == rows_shown
