import pytest

from core.ids import uuid7
from tests.factories.todos import TodoFactory
from todos.models import Todo

TODOS = "/api/v1/todos"
SOME_ID = "019aa9b4-0000-7000-8000-000000000000"


def _url(todo):
    return f"{TODOS}/{todo.pk}"


def test_create__title_alone__gets_defaults(alice):
    response = alice.send("POST", TODOS, {"title": "Buy milk"})

    body = response.json()
    assert response.status_code == 201
    assert {k: body[k] for k in ("title", "notes", "completed", "completed_at", "due_at", "priority")} == {
        "title": "Buy milk",
        "notes": "",
        "completed": False,
        "completed_at": None,
        "due_at": None,
        "priority": "normal",
    }
    assert alice.get(response["Location"]).json() == body


def test_create__all_fields__are_kept(alice):
    sent = {
        "title": "Tax",
        "notes": "ask Bob",
        "completed": True,
        "due_at": "2030-01-02T03:04:05Z",
        "priority": "high",
    }

    body = alice.send("POST", TODOS, sent).json()

    assert {name: body[name] for name in sent} == sent
    assert body["completed_at"] is not None


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({}, "title"),
        ({"title": ""}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"title": None}, "title"),
        ({"title": "a", "priority": "urgent"}, "priority"),
        ({"title": "a", "priority": 3}, "priority"),
        ({"title": "a", "priority": ["low"]}, "priority"),
        ({"title": "a", "due_at": "tomorrow"}, "due_at"),
        ({"title": "a", "due_at": "9999-12-31T23:59:59-12:00"}, "due_at"),
        ({"title": "a", "due_at": "0001-01-01T00:00:00+14:00"}, "due_at"),
        ({"title": "a", "due_at": 1e30}, "due_at"),
        ({"title": "a", "completed": None}, "completed"),
        ({"title": "a", "notes": "x" * 10_001}, "notes"),
        ({"title": {"a": 1}}, "title"),
    ],
)
def test_create__bad_field__is_a_400_that_names_it(alice, sent, field):
    response = alice.send("POST", TODOS, sent)

    assert response.status_code == 400
    assert [e["field"] for e in response.json()["errors"]] == [field]
    assert not Todo.objects.exists()


def test_create__fields_that_are_not_the_users__are_refused_and_change_nothing(alice, charlie):
    forged = {
        "id": str(uuid7()),
        "user": str(charlie.user.pk),
        "user_id": str(charlie.user.pk),
        "created_at": "2001-01-01T00:00:00Z",
        "completed_at": "2001-01-01T00:00:00Z",
        "due_rank": "2001-01-01T00:00:00Z",
    }

    refused = alice.send("POST", TODOS, {"title": "a", **forged})
    body = alice.send("POST", TODOS, {"title": "a"}).json()

    assert refused.status_code == 400
    assert {(e["field"], e["code"]) for e in refused.json()["errors"]} == {(f, "unknown") for f in forged}
    todo = Todo.objects.get()
    assert (todo.user_id, todo.completed_at) == (alice.user.pk, None)
    assert body["id"] != forged["id"]
    assert todo.created_at.year != 2001


def test_create__same_idempotency_key__makes_one(alice):
    first = alice.send("POST", TODOS, {"title": "a"}, **{"Idempotency-Key": "k-1"})
    second = alice.send("POST", TODOS, {"title": "a"}, **{"Idempotency-Key": "k-1"})

    assert second.content == first.content
    assert second["Idempotent-Replayed"] == "true"
    assert Todo.objects.count() == 1


def test_create__user_deleted_meanwhile__is_a_problem_and_no_500(alice, transactional_db):
    alice.user.delete()

    response = alice.send("POST", TODOS, {"title": "a"})

    assert response.status_code == 409


def test_edit__completed__sets_and_clears_its_time(alice):
    todo = TodoFactory(user=alice.user)

    done = alice.send("PATCH", _url(todo), {"completed": True}).json()
    again = alice.send("PATCH", _url(todo), {"completed": True, "title": "renamed"}).json()
    undone = alice.send("PATCH", _url(todo), {"completed": False}).json()

    assert done["completed_at"] is not None
    assert again["completed_at"] == done["completed_at"]
    assert (undone["completed_at"], undone["title"]) == (None, "renamed")


def test_edit__nothing__keeps_every_field(alice):
    todo = TodoFactory(user=alice.user, notes="n", priority=Todo.Priority.HIGH)

    body = alice.send("PATCH", _url(todo), {}).json()

    assert (body["title"], body["notes"], body["priority"]) == (todo.title, "n", "high")


def test_delete__own__is_gone(alice):
    todo = TodoFactory(user=alice.user)

    response = alice.send("DELETE", _url(todo))

    assert (response.status_code, response.content) == (204, b"")
    assert alice.get(_url(todo)).status_code == 404


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_one__somebody_elses__is_404_and_untouched(alice, charlie, method):
    todo = TodoFactory(user=alice.user, title="mine")

    response = charlie.send(method, _url(todo), {"title": "stolen"})

    todo.refresh_from_db()
    assert (response.status_code, todo.title) == (404, "mine")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", TODOS),
        ("POST", TODOS),
        ("DELETE", f"{TODOS}?completed=true"),
        ("POST", f"{TODOS}/bulk"),
        ("GET", f"{TODOS}/{SOME_ID}"),
        ("PATCH", f"{TODOS}/{SOME_ID}"),
        ("DELETE", f"{TODOS}/{SOME_ID}"),
    ],
)
@pytest.mark.django_db
@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer nonsense"}], ids=["nobody", "forged"])
def test_every_call__no_valid_token__is_401_with_a_challenge(client, method, path, headers):
    response = client.generic(method, path, b"{}", content_type="application/json", headers=headers)

    assert response.status_code == 401
    assert response["WWW-Authenticate"].startswith("Bearer")
    assert response["Content-Type"] == "application/problem+json"


def test_etag__unchanged__answers_304(alice):
    todo = TodoFactory(user=alice.user)
    etag = alice.get(_url(todo))["ETag"]

    response = alice.get(_url(todo), headers={"If-None-Match": etag})

    assert response.status_code == 304


def test_if_match__present_version__changes_and_hands_out_the_next(alice):
    todo = TodoFactory(user=alice.user)
    etag = alice.get(_url(todo))["ETag"]

    response = alice.send("PATCH", _url(todo), {"title": "b"}, **{"If-Match": etag})

    assert response.status_code == 200
    assert response["ETag"] == alice.get(_url(todo))["ETag"] != etag


@pytest.mark.parametrize(("method", "data"), [("PATCH", {"title": "lost update"}), ("DELETE", None)])
def test_if_match__another_version__is_412_and_changes_nothing(alice, method, data):
    todo = TodoFactory(user=alice.user)
    etag = alice.get(_url(todo))["ETag"]
    alice.send("PATCH", _url(todo), {"title": "newer"})

    response = alice.send(method, _url(todo), data, **{"If-Match": etag})

    todo.refresh_from_db()
    assert (response.status_code, todo.title) == (412, "newer")
