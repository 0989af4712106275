from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from tests.factories.todos import TodoFactory
from todos.models import Todo

TODOS = "/api/v1/todos"
DAY = timedelta(days=1)
SOME_TIME = datetime(2030, 1, 1, tzinfo=UTC)


def _titles(response):
    assert response.status_code == 200, response.content
    return [todo["title"] for todo in response.json()["results"]]


def _walk(client, path, direction="next"):
    pages = []
    while path:
        body = client.get(path).json()
        pages.append([todo["title"] for todo in body["results"]])
        path = body[direction]
    return pages


@pytest.fixture
def errands(alice):
    for number, (title, priority, due) in enumerate(
        [("b", 1, 2), ("a", 3, None), ("d", 2, 1), ("c", 3, 3), ("e", 2, None)]
    ):
        TodoFactory(
            user=alice.user,
            title=title,
            priority=priority,
            due_at=due and SOME_TIME + due * DAY,
            created_at=SOME_TIME + number * DAY,
        )
    return alice


def test_list__two_users__each_sees_their_own(alice, charlie):
    TodoFactory(user=alice.user, title="hers")
    TodoFactory(user=charlie.user, title="his")

    assert _titles(alice.get(TODOS)) == ["hers"]
    assert _titles(charlie.get(TODOS)) == ["his"]


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("", "ecdab"),
        ("ordering=-created_at", "ecdab"),
        ("ordering=created_at", "badce"),
        ("ordering=title", "abcde"),
        ("ordering=-title", "edcba"),
        ("ordering=priority", "bdeac"),
        ("ordering=-priority", "caedb"),
        ("ordering=due_at", "dbcae"),
        ("ordering=-due_at", "eacbd"),
    ],
)
def test_list__each_ordering__and_back_page_by_page(errands, query, titles):
    path = f"{TODOS}?{query}&page_size=2"

    forwards = _walk(errands, path)
    last = errands.get(f"{TODOS}?{query}&page_size=2").json()
    while last["next"]:
        last = errands.get(last["next"]).json()
    backwards = _walk(errands, last["previous"], "previous")

    assert "".join(t for page in forwards for t in page) == titles
    assert backwards == forwards[-2::-1]


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("completed=false", {"b", "a", "d", "c", "e"}),
        ("completed=true", {"done"}),
        ("priority=high", {"a", "c"}),
        ("due_before=2030-01-03T00:00:00Z", {"d"}),
        ("due_before=2030-01-03T02:00:00%2B01:00", {"b", "d"}),
        ("q=DON", {"done"}),
        ("q=100%25", set()),
        ("priority=high&q=c", {"c"}),
    ],
)
def test_list__each_filter__keeps_what_fits(errands, query, titles):
    TodoFactory(user=errands.user, title="done", done=True)

    assert set(_titles(errands.get(f"{TODOS}?{query}"))) == titles


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("colour=red", "colour"),
        ("user=1", "user"),
        ("completed=perhaps", "completed"),
        ("priority=2", "priority"),
        ("due_before=soon", "due_before"),
        ("q=a%00b", "q"),
        ("q=" + "x" * 101, "q"),
        ("ordering=user_id", "ordering"),
        ("ordering=", "ordering"),
        ("ordering=--title", "ordering"),
        ("page_size=0", "page_size"),
        ("page_size=101", "page_size"),
        ("page_size=-1", "page_size"),
        ("page_size=1e1", "page_size"),
        ("page_size=%D9%A1", "page_size"),
        ("page_size=" + "9" * 5000, "page_size"),
        ("cursor=", "cursor"),
        ("cursor=AAAA", "cursor"),
        ("cursor=%C3%A9", "cursor"),
    ],
)
def test_list__query_that_fits_nothing__is_400_naming_it_every_time(alice, query, field):
    answers = [alice.get(f"{TODOS}?{query}") for _ in range(2)]

    assert [a.status_code for a in answers] == [400, 400]
    assert {e["field"] for a in answers for e in a.json()["errors"]} == {field}


def test_list__cursor_of_another_ordering__is_400(errands):
    cursor = errands.get(f"{TODOS}?page_size=1").json()["next"].split("cursor=")[1].split("&")[0]

    response = errands.get(f"{TODOS}?ordering=title&cursor={cursor}")

    assert response.json()["errors"][0]["field"] == "cursor"


@pytest.mark.parametrize("query", ["", "?completed=false&ordering=title", "?page_size=3"])
def test_list__hot__costs_no_sql_and_is_the_same_bytes(errands, query, django_assert_num_queries):
    cold = errands.get(f"{TODOS}{query}")

    with django_assert_num_queries(0):
        hot = errands.get(f"{TODOS}{query}")

    assert hot.content == cold.content
    assert hot["Cache-Control"] == "private, no-cache"


@pytest.mark.parametrize("size", [1, 20])
def test_list__cold__costs_one_query_whatever_its_size(alice, size, django_assert_num_queries):
    TodoFactory.create_batch(size, user=alice.user)

    with django_assert_num_queries(1):
        assert len(_titles(alice.get(TODOS))) == size


def test_list__known_etag__answers_304(errands):
    etag = errands.get(TODOS)["ETag"]

    assert errands.get(TODOS, headers={"If-None-Match": etag}).status_code == 304


@pytest.mark.parametrize(
    ("method", "path", "data"),
    [
        ("POST", "", {"title": "new"}),
        ("PATCH", "/{id}", {"title": "renamed"}),
        ("DELETE", "/{id}", None),
        ("POST", "/bulk", {"ids": ["{id}"], "completed": True}),
        ("DELETE", "?completed=true", None),
    ],
)
@pytest.mark.django_db(transaction=True)
def test_list__after_each_kind_of_write__shows_it_at_once(alice, method, path, data):
    todo, _ = TodoFactory(user=alice.user), TodoFactory(user=alice.user, done=True)
    before = alice.get(TODOS).content
    if data and "ids" in data:
        data = {**data, "ids": [str(todo.pk)]}

    written = alice.send(method, TODOS + path.replace("{id}", str(todo.pk)), data)

    assert written.status_code in (200, 201, 204)
    assert alice.get(TODOS).content != before


@pytest.mark.django_db(transaction=True)
def test_list__another_users_write__leaves_the_entry_hot(alice, charlie, django_assert_num_queries):
    alice.get(TODOS)

    charlie.send("POST", TODOS, {"title": "his"})

    with django_assert_num_queries(0):
        alice.get(TODOS)


@pytest.mark.django_db(transaction=True)
def test_list__eight_threads_write_and_read__each_sees_its_own_write(alice):
    def add(number):
        try:
            made = alice.send("POST", TODOS, {"title": f"errand {number}"}).json()["id"]
            listed = alice.get(f"{TODOS}?page_size=100").json()["results"]
            return made in {todo["id"] for todo in listed}
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as threads:
        seen = list(threads.map(add, range(40)))

    assert all(seen)
    assert Todo.objects.count() == 40


def test_bulk__own_and_others_ids__changes_ones_own(alice, charlie):
    mine, done = TodoFactory(user=alice.user), TodoFactory(user=alice.user, done=True)
    theirs = TodoFactory(user=charlie.user)
    ids = [str(todo.pk) for todo in (mine, done, theirs)]

    response = alice.send("POST", f"{TODOS}/bulk", {"ids": ids, "completed": True})

    assert response.json() == {"changed": 1}
    assert set(Todo.objects.filter(completed=True)) == {mine, done}


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"ids": [], "completed": True}, "ids"),
        ({"ids": "all", "completed": True}, "ids"),
        ({"ids": ["1"], "completed": True}, "ids[0]"),
        ({"ids": ["019aa9b4-0000-7000-8000-000000000000"] * 101, "completed": True}, "ids"),
        ({"ids": ["019aa9b4-0000-7000-8000-000000000000"]}, "completed"),
    ],
)
def test_bulk__bad_body__is_400_naming_the_field(alice, sent, field):
    response = alice.send("POST", f"{TODOS}/bulk", sent)

    assert response.status_code == 400
    assert [e["field"] for e in response.json()["errors"]] == [field]


def test_clear__completed__deletes_ones_own_that_are_done(alice, charlie):
    kept, theirs = TodoFactory(user=alice.user), TodoFactory(user=charlie.user, done=True)
    TodoFactory.create_batch(3, user=alice.user, done=True)

    response = alice.send("DELETE", f"{TODOS}?completed=true")

    assert response.json() == {"changed": 3}
    assert set(Todo.objects.all()) == {kept, theirs}


@pytest.mark.parametrize("query", ["", "?completed=false", "?completed=true&priority=low"])
def test_clear__anything_else__is_refused(alice, query):
    TodoFactory(user=alice.user, done=True)

    response = alice.send("DELETE", f"{TODOS}{query}")

    assert (response.status_code, Todo.objects.count()) == (400, 1)
