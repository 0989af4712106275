"""The shop while a part of it is away: Redis frozen, the workers gone, the web reloaded."""

import signal
from statistics import quantiles

import requests

from tests.journeys import shopper
from tests.journeys.shopper import Load
from tests.stack import eventually

PRIVATE = {"X-Cart-Token": "keeps nginx from answering"}


def test_reads__redis_frozen__are_slower_and_never_5xx(stack):
    """R17, short: each read meets the frozen Redis."""
    page = f"{stack.url}/api/v1/products"
    eventually(lambda: requests.get(page, headers=PRIVATE, timeout=10).ok)

    stack.signal("valkey", signal.SIGSTOP)
    try:
        with Load(lambda session: session.get(page, headers=PRIVATE, timeout=10)) as load:
            eventually(lambda: len(load.statuses) >= 200)
    finally:
        stack.signal("valkey", signal.SIGCONT)

    assert set(load.statuses) == {200}
    assert quantiles(load.seconds, n=10)[-1] < 2


def test_orders__broker_frozen__are_accepted_and_shipped_later(stack):
    """R21, short."""
    sku = shopper.any_sku(stack)

    stack.signal("valkey", signal.SIGSTOP)
    try:
        answers = [shopper.place(stack, sku) for _ in range(10)]
    finally:
        stack.signal("valkey", signal.SIGCONT)

    assert [a.status_code for a in answers] == [201] * 10
    assert {shopper.follow(stack, a.json())["status"] for a in answers} == {"shipped"}


def test_orders__worker_and_relay_away__are_accepted_and_shipped_later(stack):
    sku = shopper.any_sku(stack)

    for name in ("worker", "relay"):
        stack.signal(name, signal.SIGSTOP)
    try:
        placed = shopper.place(stack, sku)
    finally:
        for name in ("worker", "relay"):
            stack.signal(name, signal.SIGCONT)

    assert placed.status_code == 201
    assert shopper.follow(stack, placed.json())["status"] == "shipped"


def test_web__reloaded_under_load__fails_no_request(stack):
    """R27, short: five reloads while four clients read without a pause."""
    page = f"{stack.url}/api/v1/products"
    with Load(lambda session: session.get(page, headers=PRIVATE, timeout=10)) as load:
        for _ in range(5):
            seen = len(load.statuses)
            stack.signal("web", signal.SIGHUP)
            eventually(lambda seen=seen: len(load.statuses) >= seen + 300)

    assert set(load.statuses) == {200}
    assert len(load.statuses) >= 1500
