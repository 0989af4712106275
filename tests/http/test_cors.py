"""A storefront on another origin: what its browser is told before and after each call."""

import re

import pytest

STOREFRONT = "https://store.example"
SENT = ["Authorization", "Content-Type", "Idempotency-Key", "If-Match", "If-None-Match", "X-Cart-Token"]
SENT += ["X-Order-Token", "X-API-Key", "X-Request-ID"]


@pytest.fixture
def shop(client, settings):
    settings.CORS_ALLOWED_ORIGINS = [STOREFRONT]
    return client


def _preflight(shop, origin, header):
    asked = {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": header,
    }
    return shop.options("/api/v1/orders", headers=asked).headers


@pytest.mark.parametrize("header", SENT)
def test_preflight__header_that_the_api_reads__is_allowed(shop, header):
    allowed = _preflight(shop, STOREFRONT, header.lower())["Access-Control-Allow-Headers"]

    assert header.lower() in re.split(r",\s*", allowed)


def test_preflight__another_origin__is_not_allowed(shop):
    assert "Access-Control-Allow-Origin" not in _preflight(shop, "https://evil.example", "authorization")


def test_answer__of_a_problem_too__can_be_read_with_its_headers(shop):
    answer = shop.get("/api/v1/orders", headers={"Origin": STOREFRONT})

    exposed = re.split(r",\s*", answer["Access-Control-Expose-Headers"])
    assert (answer.status_code, answer["Access-Control-Allow-Origin"]) == (401, STOREFRONT)
    assert {"ETag", "Idempotent-Replayed", "Location", "RateLimit", "Retry-After", "X-Request-ID"} <= {
        *exposed
    }
