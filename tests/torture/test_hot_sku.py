"""R15: everybody wants the same thing, through nginx and gunicorn.

Everyday the worker ships beside it, from the same row. Where the rate is measured it begins afterwards: two
cores are few for buyers and shop as it is. They have to be idle otherwise.
"""

import time
from collections import Counter
from contextlib import contextmanager, nullcontext
from statistics import median

import pytest

from catalog.models import StockEntry, StockLevel
from drills.oracle import comparison
from tests.faults.buyers import together
from tests.torture.scale import FULL, scale

pytestmark = pytest.mark.xdist_group("torture")

CLIENTS = scale(20, 100)
ORDERS_EACH = 3  # everyday: progress is counted, not time
SECONDS = 60  # under `make torture`
MIN_RATE = 100  # orders a second, at the median of the seconds
STOCK = 1_000_000


def test_hot_sku__many_clients_at_once__all_get_through_and_every_unit_is_accounted_for(
    shop, buyers, goods, log
):
    (sku,) = goods(stock=STOCK)

    with _worker_away(shop) if FULL else nullcontext():
        rounds = together(_shopper(buyers, sku), range(CLIENTS), at_once=CLIENTS)

    answers = [answer for mine in rounds for answer in mine]
    assert {status for _, _, status in answers} == {201}
    by_client = Counter(client for client, _, _ in answers)
    assert min(by_client[client] for client in range(CLIENTS)) >= median(by_client.values()) / 4
    assert _sold(sku) == (len(answers),) * 2
    shop.wait_until_quiet(seconds=scale(60, 1800))
    assert _sold(sku) == (len(answers),) * 2
    assert comparison.discrepancies(log, ledger=shop.ledger(), inbox=shop.mails()) == []
    if FULL:
        assert _rate([second for _, second, _ in answers]) >= MIN_RATE


@contextmanager
def _worker_away(shop):
    names = "worker", "relay"
    for name in names:
        shop[name].kill_for_good()
    try:
        yield
    finally:
        for name in names:
            shop[name].revive()


def _shopper(buyers, sku):
    """Orders one after the other; (client, second of the answer, status) of each."""
    began = time.monotonic()

    def shop_on(client):
        answers = []
        while _goes_on(len(answers), time.monotonic() - began):
            answer = buyers.post(buyers.body(sku), key=f"{sku}-{client}-{len(answers)}")
            answers.append((client, int(time.monotonic() - began), answer.status))
        return answers

    return shop_on


def _goes_on(orders, seconds):
    return seconds < SECONDS if FULL else orders < ORDERS_EACH


def _sold(sku):
    """Units gone from what can be bought, by the level and by the ledger."""
    level = StockLevel.objects.get(variant__sku=sku)
    entries = StockEntry.objects.filter(variant__sku=sku).exclude(reason=StockEntry.Reason.RECEIVED)
    return STOCK - level.available, sum(e.reserved_change - e.on_hand_change for e in entries)


def _rate(seconds):
    """Answers in the median second; the last one was cut short."""
    counts = Counter(seconds)
    return median(counts[second] for second in range(SECONDS))
