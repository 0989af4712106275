import logging

import orjson
import pytest

from tests.http.urls import CANARY

MEMBERS = {"type", "title", "status", "detail", "code", "request_id", "errors"}


def _ask(shop, way, error):
    return shop.generic(
        "POST" if way == "drf" else "GET", f"/{way}/{error}", b"{}", content_type="application/json"
    )


@pytest.mark.parametrize("way", ["drf", "lean", "plain"])
@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        ("missing", 404, "not_found"),
        ("forbidden", 403, "permission_denied"),
        ("suspicious", 400, "bad_request"),
        ("database", 503, "unavailable"),
        ("crash", 500, "internal_error"),
    ],
)
def test_problem__raised_anywhere__has_one_shape_and_no_secret(shop, way, error, status, code):
    response = _ask(shop, way, error)

    body = response.json()
    assert (response.status_code, body["status"]) == (status, status)
    assert response["Content-Type"] == "application/problem+json"
    assert body.keys() == MEMBERS
    assert code in (body["code"], "not_found")
    assert body["request_id"] == response["X-Request-ID"]
    assert CANARY.encode() not in response.content + str(response.headers).encode()
    assert b"Traceback" not in response.content


@pytest.mark.parametrize("way", ["drf", "lean"])
def test_problem__of_a_rule__carries_its_code_and_fields(shop, way):
    response = _ask(shop, way, "conflict")

    assert response.status_code == 409
    assert response.json()["errors"] == [
        {"field": "items[0].sku", "code": "out_of_stock", "detail": "None left"}
    ]


@pytest.mark.parametrize(
    ("way", "error"), [("drf", "throttled"), ("lean", "throttled"), ("plain", "database")]
)
def test_problem__429_and_503__always_say_when_to_come_back(shop, way, error):
    response = _ask(shop, way, error)

    assert response.status_code in (429, 503)
    assert int(response["Retry-After"]) >= 1


def test_problem__429__rounds_the_wait_up(shop):
    assert _ask(shop, "drf", "throttled")["Retry-After"] == "2"


def test_crash__is_logged_with_its_request_id(shop, caplog):
    with caplog.at_level(logging.ERROR):
        response = _ask(shop, "lean", "crash")

    assert response.json()["request_id"]
    assert "Internal Server Error: /lean/crash" in caplog.text


def test_unknown_path__is_404_naming_it(client):
    response = client.get("/api/v1/nothing/<here>")

    assert response.status_code == 404
    assert response.json()["detail"] == "There is nothing at /api/v1/nothing/<here>"


def test_unknown_host__is_400(client):
    response = client.get("/api/v1/products", headers={"Host": "evil.example"})

    assert response.status_code in (400, 404)
    assert "evil" not in response.content.decode()


@pytest.mark.parametrize(
    ("document", "fields"),
    [
        (
            {"lines": [{"sku": "a", "quantity": 1}, {"sku": "toolong", "quantity": 0}]},
            {"lines[1].sku", "lines[1].quantity"},
        ),
        ({"lines": "many"}, {"lines"}),
        ({"lines": [3]}, {"lines[0]"}),
        ({"lines": [], "address": {"sku": "a"}}, {"address.quantity"}),
        ({"ids": ["x", "019aa9b4-0000-7000-8000-000000000000", "y"]}, {"ids[0]", "ids[2]"}),
        ({"address": {"sku": "a", "quantity": 1}}, {""}),
        ({"amount": "1.234"}, {"amount"}),
        ([], {""}),
        ([{"lines": []}], {""}),
        ("text", {""}),
        (7, {""}),
        (None, {""}),
    ],
)
@pytest.mark.parametrize("path", ["/echo", "/typed"])
def test_validation__each_error__names_its_field(shop, path, document, fields):
    response = shop.generic("POST", path, orjson.dumps(document), content_type="application/json")

    assert response.status_code == 400
    assert {e["field"] for e in response.json()["errors"]} == fields
    assert all(e["code"] and e["detail"] for e in response.json()["errors"])
