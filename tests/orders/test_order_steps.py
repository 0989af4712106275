"""manage.py order_steps: an order's timeline and every step."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

pytestmark = pytest.mark.django_db


def _printed(number):
    output = StringIO()
    call_command("order_steps", number, stdout=output)
    return output.getvalue().splitlines()


def test_order_steps__declined_order__shows_timeline_and_steps(guest, body, sandbox, work):
    number = guest.order({**body, "payment": {"token": "tok_declined"}}).json()["number"]
    work()

    first, *rest = _printed(number.lower())

    assert first == f"{number} is payment_failed: 29.90 USD, guest@shop.test"
    assert [line.split("  ")[2] for line in rest[:2]] == [
        "pending by guest",
        "payment_failed by system: card_declined",
    ]
    assert any("handled" in line and "orders.authorise_payment" in line for line in rest[2:])


@pytest.mark.parametrize("number", ["S-2H4K9-7Q", "nonsense"])
def test_order_steps__no_such_order__is_said(number):
    with pytest.raises(CommandError, match=f"There is no order {number}"):
        _printed(number)
