"""An order after its sale, in the running shop: refunded in part, returned, delivered; cancelled in time."""

from uuid import uuid4

import pytest
import requests

from tests.journeys import shopper
from tests.stack import eventually

REFUNDED = "of your order"


@pytest.fixture
def staff(stack):
    account = {"email": "admin@shop.test", "password": "demo-Pa55word"}
    access = requests.post(f"{stack.url}/api/v1/auth/login", json=account, timeout=10).json()["access"]
    return {"Authorization": f"Bearer {access}"}


def _post(stack, number, what, body=None, **headers):
    url = f"{stack.url}/api/v1/orders/{number}/{what}"
    return requests.post(url, json=body or {}, headers=headers, timeout=10)


def test_after_sale__shipped_order__goes_every_way_and_the_ledgers_agree(stack, staff):
    email, sku = f"erin-{uuid4().hex[:8]}@example.com", shopper.any_sku(stack)
    placed = shopper.place(stack, sku, email=email).json()
    assert shopper.follow(stack, placed)["status"] == "shipped"
    number, lines = placed["number"], [{"sku": sku, "quantity": 1}]

    answers = [
        _post(stack, number, "refunds", {"amount": "1.00"}, **staff),
        _post(stack, number, "returns", {"lines": lines, "restock": True, "reason": "Too big"}, **staff),
        _post(stack, number, "deliver", **staff),
        _post(stack, number, "cancel", **{"X-Order-Token": placed["token"]}),
    ]

    assert [answer.status_code for answer in answers] == [201, 201, 200, 409]
    assert eventually(lambda: any(REFUNDED in mail["subject"] for mail in stack.mails(to=email)))
    assert "0 differences" in _verify_ledger(stack)


def test_cancel__at_once__ends_without_money_or_parcel(stack):
    placed = shopper.place(stack, shopper.any_sku(stack), payment={"token": "tok_flaky"}).json()

    answer = _post(stack, placed["number"], "cancel", **{"X-Order-Token": placed["token"]})

    assert (answer.status_code, answer.json()["status"]) == (200, "cancelled")
    assert "0 differences" in eventually(lambda: _verify_ledger(stack))


def test_mail_preview__running_shop__shows_every_mail(stack):
    page = requests.get(f"{stack.url}/dev/mail/preview", timeout=10)

    assert page.status_code == 200
    assert page.text.count("<iframe sandbox") >= 6


def _verify_ledger(stack):
    return stack.manage("verify_ledger").stdout
