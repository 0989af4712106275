"""A new shopper's first order, from the list of products to the mail about the parcel."""

from uuid import uuid4

import requests

from tests.journeys import shopper
from tests.stack import any_order, eventually


def test_first_order__registered_shopper__pays_and_is_shipped_and_mailed(stack):
    api, email = f"{stack.url}/api/v1", f"dana-{uuid4().hex[:8]}@example.com"
    account = {"email": email, "password": "correct horse battery"}
    requests.post(f"{api}/auth/register", json=account, timeout=10).raise_for_status()
    access = requests.post(f"{api}/auth/login", json=account, timeout=10).json()["access"]
    bearer = {"Authorization": f"Bearer {access}"}
    body = any_order(shopper.any_sku(stack))
    del body["email"]

    placed = requests.post(f"{api}/orders", json=body, headers=bearer, timeout=10)
    own = f"{stack.url}{placed.headers['Location']}"

    assert placed.status_code == 201
    assert placed.json()["status"] == "pending"
    assert eventually(lambda: requests.get(own, headers=bearer, timeout=10).json()["status"] == "shipped")
    timeline = requests.get(f"{own}/events", headers=bearer, timeout=10).json()["results"]
    assert [entry["to_status"] for entry in timeline if entry["from_status"] != entry["to_status"]] == [
        "pending",
        "paid",
        "shipped",
    ]
    assert eventually(lambda: len(stack.mails(to=email)) >= 4)
    number = placed.json()["number"]
    assert [mail["subject"] for mail in reversed(stack.mails(to=email)) if number in mail["subject"]] == [
        f"Your order {number}",
        f"Your payment for order {number} has arrived",
        f"Your order {number} is on its way",
    ]


def test_own_order__asked_again_with_its_etag__is_not_sent_again(stack):
    placed = shopper.place(stack, shopper.any_sku(stack))
    url, token = f"{stack.url}{placed.headers['Location']}", {"X-Order-Token": placed.json()["token"]}
    eventually(lambda: requests.get(url, headers=token, timeout=10).json()["status"] == "shipped")

    first = requests.get(url, headers=token, timeout=10)
    known = {**token, "If-None-Match": first.headers["ETag"]}
    again = requests.get(url, headers=known, timeout=10)
    stranger = requests.get(url, headers={"If-None-Match": first.headers["ETag"]}, timeout=10)

    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")
    assert stranger.status_code == 404


def test_first_order__sent_again_with_its_key__answers_the_same_bytes(stack):
    body, key = any_order(shopper.any_sku(stack)), {"Idempotency-Key": str(uuid4())}

    first, second = (
        requests.post(f"{stack.url}/api/v1/orders", json=body, headers=key, timeout=10) for _ in range(2)
    )

    assert first.status_code == second.status_code == 201
    assert first.content == second.content
    assert second.headers["Idempotent-Replayed"] == "true"


def test_first_order__card_declined__fails_and_gives_the_stock_back(stack):
    sku = shopper.any_sku(stack)

    placed = shopper.place(stack, sku, payment={"token": "tok_declined"}).json()

    assert shopper.follow(stack, placed)["status"] == "payment_failed"


def test_replay__real_orders_of_the_file__all_ledgers_agree(stack):
    done = stack.manage("replay_orders", "--count", "40", "--rate", "20", "--base-url", stack.url)

    assert done.returncode == 0, done.stdout + done.stderr
