"""Whose webhooks are taken: of one who signs them, lately, by the provider's scheme."""

import time

import pytest

pytestmark = pytest.mark.django_db
FOREIGN = {"id": "evt_1", "object": "event", "type": "payout.paid", "data": {"object": {"object": "payout"}}}


def _code(answer):
    return answer.status_code, answer.json()["code"]


def test_post__signed__is_taken(stripe, post):
    answer = post(FOREIGN)

    assert (answer.status_code, answer.content) == (204, b"")


def test_post__other_secret__is_refused(stripe, post):
    assert _code(post(FOREIGN, secret="whsec_other")) == (400, "signature_invalid")


@pytest.mark.parametrize("signature", ["", "nonsense", "t=1,v1=aa", "t=x,v1=aa", "v1=\u00e4", "t=9,v0=aa"])
def test_post__malformed_signature__is_refused(stripe, post, signature):
    answer = post(FOREIGN, **{"Stripe-Signature": signature})

    assert _code(answer) == (400, "signature_invalid")


def test_post__body_changed_after_signing__is_refused(stripe, client, post, monkeypatch):
    real = client.post
    monkeypatch.setattr(client, "post", lambda url, raw, **rest: real(url, raw + " ", **rest))

    assert _code(post(FOREIGN)) == (400, "signature_invalid")


def test_post__kept_and_replayed_later__is_refused(stripe, post):
    assert post(FOREIGN, at=int(time.time()) - 290).status_code == 204
    assert _code(post(FOREIGN, at=int(time.time()) - 310)) == (400, "signature_invalid")


def test_post__bytes_that_are_no_text__is_refused(stripe, client):
    answer = client.post(
        "/api/v1/payments/webhooks/stripe",
        b"\xff\xfe",
        content_type="application/json",
        headers={"Stripe-Signature": "t=1,v1=aa"},
    )

    assert _code(answer) == (400, "signature_invalid")


def test_post__shop_without_secret__takes_none(stripe, post, settings):
    settings.STRIPE_WEBHOOK_SECRET = ""

    assert _code(post(FOREIGN, secret="")) == (400, "signature_invalid")


def test_post__unknown_gateway__not_found(stripe, post):
    assert _code(post(FOREIGN, url="/api/v1/payments/webhooks/paypal")) == (404, "not_found")


def test_post__huge_body__is_refused_unread(stripe, post, settings):
    settings.PAYMENT_WEBHOOK_BODY_MAX = 100

    assert _code(post({**FOREIGN, "filler": "x" * 200})) == (413, "too_large")


def test_post__stale_credentials_in_the_header__do_not_matter(stripe, post):
    assert post(FOREIGN, Authorization="Bearer of-yesterday").status_code == 204


@pytest.mark.parametrize(
    "event",
    [
        *([], "x", "null", "5", {}, {**FOREIGN, "data": []}, {**FOREIGN, "data": {"object": "x"}}),
        *({**FOREIGN, "id": odd} for odd in ("", "x" * 256, "evt\0", 5, None, [])),
        *({**FOREIGN, "type": odd} for odd in ("", "x" * 101, "payout\0", 5, None, {})),
        *({**FOREIGN, "data": {"object": {"metadata": odd}}} for odd in ("x", ["x"], {"payment_key": 5})),
        *({**FOREIGN, "data": {"object": {"metadata": {"payment_key": odd}}}} for odd in ("\0", "x" * 81)),
        *({**FOREIGN, "data": {"object": {"payment_intent": odd}}} for odd in ("pi\0", "x" * 256, 5, ["x"])),
        *(
            {"id": "evt_1", "type": "refund.failed", "data": {"object": {"amount": amount, "currency": code}}}
            for amount, code in [(10**14, "usd"), (-1, "usd"), ("1_0", "usd"), (True, "usd"), (100, 5)]
        ),
    ],
)
def test_post__signed_and_nothing_that_can_be_kept__is_400(stripe, post, event):
    assert _code(post(event)) == (400, "webhook_not_understood")


def test_get__is_not_allowed(stripe, client):
    assert client.get("/api/v1/payments/webhooks/stripe").status_code == 405


def test_post__foreign_event__costs_no_query(stripe, post, django_assert_num_queries):
    with django_assert_num_queries(0):
        post(FOREIGN)
