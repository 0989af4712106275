"""Hostile and broken bodies (R26, short): always a 4xx that says why."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.http.parsers import MAX_DEPTH, JSONParser
from core.json import dumps


def _post(shop, body, content_type="application/json", path="/echo", **headers):
    return shop.generic("POST", path, body, content_type=content_type, headers=headers)


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"nothing",
        b"{'a': 1}",
        b'{"a": NaN}',
        b'{"a": 1e999}',
        b'{"extra": "\xff\xfe"}',
        b'{"extra": "\\ud800"}',
        b'{"extra": "a\x00b"}',
        b'{"extra": "a\\u0000b"}',
        b'{"extra": {"a\\u0000": [1]}}',
        b'{"extra": ["x", {"y": "\\u0000"}]}',
        b'\xef\xbb\xbf{"extra": 1}',
        b'{"extra": ' + b"[" * 10_000 + b"]" * 10_000 + b"}",
        b'{"extra": ' + b"[" * 900 + b"]" * 900 + b"}",
        b'{"a":' * 900 + b"1" + b"}" * 900,
    ],
)
def test_json__malformed__is_400(shop, body):
    response = _post(shop, body)

    assert response.status_code == 400
    assert response.json()["code"] == "parse_error"


def test_json__nested_as_deep_as_allowed__is_taken(shop):
    deep = b"[" * (MAX_DEPTH - 1) + b"]" * (MAX_DEPTH - 1)

    accepted = _post(shop, b'{"extra": ' + deep + b"}")
    refused = _post(shop, b'{"extra": [' + deep + b"]}")

    assert (accepted.status_code, refused.status_code) == (200, 400)


def test_json__wide_but_flat__is_taken(shop):
    body = orjson.dumps({"extra": [[number] for number in range(1000)]})

    assert _post(shop, body).status_code == 200


def test_json__text_that_only_looks_like_nul__is_taken(shop):
    response = _post(shop, rb'{"extra": "C:\\u0000"}')

    assert response.json() == {"extra": r"C:\u0000"}


@pytest.mark.parametrize("path", ["/echo", "/typed"])
def test_json__huge_numbers__are_validated_not_crashed_on(shop, path):
    huge = b"9" * 400
    bodies = [b'{"address": {"sku": "a", "quantity": %b}}', b'{"amount": %b}', b'{"lines": %b}']

    assert [_post(shop, body % huge, path=path).status_code for body in bodies] == [400] * 3
    assert [_post(shop, body % (b"9" * 30), path=path).status_code for body in bodies] == [400] * 3


@pytest.mark.parametrize("amount", ["1e400", "1e-400", "Infinity", "-Infinity", "NaN", "9" * 5000, "", "١٢"])
def test_decimal__odd_text__is_a_400_or_a_number(shop, amount):
    assert _post(shop, orjson.dumps({"amount": amount})).status_code in (200, 400)
    assert _post(shop, orjson.dumps({"amount": amount}), path="/typed").status_code == 400


def test_json__above_the_limit__is_413(shop, settings):
    settings.JSON_BODY_MAX = 1000

    fits = _post(shop, b'{"extra": "%b"}' % (b"x" * 900))
    refused = _post(shop, b'{"extra": "%b"}' % (b"x" * 1000))

    assert fits.status_code == 200
    assert (refused.status_code, refused.json()["code"]) == (413, "too_large")


def test_any_body__above_djangos_limit__is_413(shop, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000

    assert _post(shop, b"x" * 1001, path="/body").status_code == 413
    assert _post(shop, b"x" * 1001, path="/body")["Content-Type"] == "application/problem+json"


def test_empty_body__is_an_empty_document(shop):
    assert _post(shop, b"").json() == {}


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "application/xml",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "nonsense",
        "",
    ],
)
def test_another_content_type__is_415(shop, content_type):
    response = _post(shop, b"a=1", content_type=content_type)

    assert (response.status_code, response["Content-Type"]) == (415, "application/problem+json")


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "APPLICATION/JSON"])
def test_json__said_differently__is_taken(shop, content_type):
    assert _post(shop, b"{}", content_type=content_type).status_code == 200


@pytest.mark.parametrize("body", [b"", b"--x", b"--x\r\n\r\nno headers\r\n--x--\r\n", b"\xff" * 50])
def test_multipart__broken__is_no_500(shop, body):
    response = _post(shop, body, content_type="multipart/form-data; boundary=x", path="/upload")

    assert response.status_code in (200, 400)


class _Stream:
    def __init__(self, raw):
        self.raw = raw

    def read(self, size):
        return self.raw[:size]


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers(-(2**63), 2**63)
        | st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])),
        lambda inner: (
            st.lists(inner, max_size=4) | st.dictionaries(st.text("abc", max_size=3), inner, max_size=4)
        ),
        max_leaves=20,
    )
)
def test_json__whatever_we_render__parses_to_the_same(document):
    assert JSONParser().parse(_Stream(dumps(document))) == document


def test_render__unknown_type__is_an_error_and_no_silent_text():
    with pytest.raises(TypeError):
        dumps({"a": object()})


@pytest.mark.parametrize("accept", ["text/html", "application/xml;q=1", "nonsense"])
def test_any_accept_header__is_answered_in_json(shop, accept):
    answer = _post(shop, b'{"a": 1}', Accept=accept)

    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")
