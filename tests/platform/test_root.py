import pytest
from django.test import override_settings

from core.cache import store
from core.ids import uuid7


def _new_name():
    return f"Ada {uuid7()}"


def test_root__anybody__names_the_shop_and_its_links(client):
    response = client.get("/")

    body = response.json()
    assert response.status_code == 200
    assert body.keys() == {"name", "version", "message", "links"}
    assert body["links"]["docs"] == "http://testserver/api/docs"
    assert "s-maxage=1" in response["Cache-Control"]


def test_root__its_own_links__all_answer(client):
    links = client.get("/").json()["links"]

    with override_settings(
        STORAGES={"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
    ):
        answers = {name: client.get(url).status_code for name, url in links.items()}

    assert set(answers.values()) == {200}


def test_root__known_etag__answers_304(client):
    etag = client.get("/")["ETag"]

    response = client.get("/", headers={"If-None-Match": etag})

    assert (response.status_code, response.content) == (304, b"")


def test_hello__first_and_second_call__say_origin_then_cache(client):
    name = _new_name()

    first, second = client.get(f"/hello/{name}"), client.get(f"/hello/{name}")

    assert first.json() == {"message": f"Hello, {name}!", "from": "origin"}
    assert second.json() == {"message": f"Hello, {name}!", "from": "cache"}


def test_hello__only_a_cached_answer__may_be_kept_by_nginx(client):
    name = _new_name()

    first, second = client.get(f"/hello/{name}"), client.get(f"/hello/{name}")

    assert first["Cache-Control"] == "no-store"
    assert "s-maxage=1" in second["Cache-Control"]


def test_hello__redis_away__answers_from_origin(client, monkeypatch):
    name = _new_name()
    client.get(f"/hello/{name}")
    monkeypatch.setattr(store.guard, "is_up", False)

    response = client.get(f"/hello/{name}")

    assert response.json()["from"] == "origin"


@pytest.mark.parametrize("name", ["שרה", 'a"b\\c', "<b>x", "👩‍👩‍👧", "x" * 64])
def test_hello__unusual_names__are_greeted_to_the_letter(client, name):
    response = client.get("/hello/" + name.replace("\\", "%5C"))

    assert response.json()["message"] == f"Hello, {name}!"


@pytest.mark.parametrize("name", ["x" * 65, "%00", "a%0Ab", "a%7Fb", "%20", "%E2%80%A8", "%C2%85"])
def test_hello__names_that_are_none__are_refused_as_a_problem(client, name):
    response = client.get(f"/hello/{name}")

    assert response.status_code == 400
    assert response.json()["errors"][0]["field"] == "name"


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/", "/hello/Ada", "/health"])
def test_platform__reads__cost_no_sql_and_set_no_cookie(client, path, django_assert_num_queries):
    with django_assert_num_queries(0):
        response = client.get(path)

    assert response.status_code == 200
    assert not response.cookies


def test_health__anybody__answers_ok_and_the_time(client):
    response = client.get("/health")

    assert response.json()["status"] == "OK"
    assert response.json()["timestamp"].endswith("+00:00")
    assert response["Cache-Control"] == "public, max-age=0, s-maxage=1"


def test_health__anybody__does_not_speak_to_redis(client, monkeypatch):
    monkeypatch.setattr(store, "connection", None)

    response = client.get("/health")

    assert response.status_code == 200


@pytest.mark.parametrize("path", ["/", "/hello/Ada", "/health", "/health/ready", "/api/schema"])
def test_platform__another_method__is_405_naming_the_allowed(client, path):
    response = client.post(path)

    assert (response.status_code, response["Content-Type"]) == (405, "application/problem+json")
    assert "GET" in response["Allow"]
