"""R4, R5: a process may die before and after any step; what it left is finished once, and undone once."""

from collections import Counter
from uuid import uuid4

import pytest
from django.utils import timezone

from catalog.models import Location
from catalog.services.stock import adjust
from drills.crash_points.names import all_names
from drills.oracle import comparison
from drills.oracle.answers import Answer
from orders.models import Order, Status
from tests.faults import children as child
from tests.faults.proxy import Fate, first_of_each
from tests.faults.stories import STORIES
from tests.torture.scale import scale

pytestmark = pytest.mark.xdist_group("torture")

ROUNDS = scale(1, 50)
CHECKOUT = [name for name in all_names() if name.startswith(("orders.checkout", "core.idempotency"))]
COMPENSATION = [
    name for name in all_names() if "orders.reverse" in name or name == "core.work.before_give_up"
]
AFTER_SALE = tuple(step for story in STORIES.values() for step in story.steps)
SHIPPING = [name for name in all_names() if name.startswith(("orders.intend_shipment", "orders.ship."))]
SAGA = [
    name for name in all_names() if name not in CHECKOUT + COMPENSATION and not name.startswith(AFTER_SALE)
]


@pytest.fixture
def place(children, guests, log):
    """Order through a child, again and again under one key, until it is answered."""

    def order(*skus, token="tok_ok", crash_at=""):
        key, body = str(uuid4()), guests.body(*skus, token=token)
        answer = children.run(child.place, body, key, crash_at=crash_at)
        crashed = answer == child.KILLED
        while answer == child.KILLED or "idempotency_key_in_use" in answer[1]:
            answer = children.run(child.place, body, key)  # PostgreSQL may be about to notice who died
        log.write(Answer(key=key, email=body["email"], status=answer[0], body=answer[1]))
        return answer[0], crashed

    return order


@pytest.mark.parametrize("step", CHECKOUT)
def test_checkout__killed_at_a_step_and_asked_again__one_order(*, step, children, place, goods, log, sandbox):
    (sku,) = goods(stock=ROUNDS)

    outcomes = [place(sku, crash_at=step) for _ in range(ROUNDS)]

    assert outcomes == [(201, True)] * ROUNDS
    children.run(child.work)
    assert comparison.discrepancies(log, ledger=sandbox.ledger()) == []


@pytest.mark.parametrize("step", SAGA)
def test_saga__killed_at_a_step__goes_on_where_it_was(*, step, children, place, goods, log, sandbox):
    (sku,) = goods(stock=ROUNDS)

    for _ in range(ROUNDS):
        place(sku)
        assert children.run(child.work, crash_at=step) == child.KILLED
        children.run(child.work)

    assert _statuses(log) == [Status.SHIPPED] * ROUNDS
    assert comparison.discrepancies(log, ledger=sandbox.ledger()) == []


@pytest.mark.parametrize("step", SHIPPING)
def test_order_of_two_locations__killed_at_a_step__each_parcel_is_sent_once(
    *, step, children, place, goods, log, sandbox
):
    (here,), there = goods(stock=ROUNDS), _goods_elsewhere(goods, stock=ROUNDS)

    for _ in range(ROUNDS):
        place(here, there)
        assert children.run(child.work, crash_at=step) == child.KILLED
        children.run(child.work)

    assert _statuses(log) == [Status.SHIPPED] * ROUNDS
    assert _parcels(log, sandbox) == {order.number: 2 for order in log.orders()}
    assert comparison.discrepancies(log, ledger=sandbox.ledger()) == []


@pytest.mark.parametrize("reach", scale(("captured", "paid"), ("nothing", "held", "captured", "paid")))
@pytest.mark.parametrize("step", COMPENSATION)
def test_compensation__killed_at_a_step__is_finished_once(
    *, step, reach, children, place, goods, log, sandbox
):
    """A step fails for good when the provider has done nothing, or holds or took money, unnoticed or not."""
    (sku,) = goods(stock=1)
    sandbox.proxy.judge = first_of_each(Fate.LOST_ANSWER, path=b"/refund")

    for _ in range(ROUNDS):
        place(sku)
        _bring_to(reach, children)
        crashed = [_until_done(children, child.fail_for_good, step), _until_done(children, child.work, step)]
        assert any(crashed)

    ended = Status.REFUNDED if reach == "paid" else Status.PAYMENT_FAILED
    assert _statuses(log) == [ended] * ROUNDS
    assert sum(charge["captured"] - charge["refunded"] for charge in _charges(log, sandbox)) == 0
    child.skip_dead(child.AUTHORISING, child.SHIPPING)
    assert comparison.discrepancies(log, ledger=sandbox.ledger()) == []


def _goods_elsewhere(goods, *, stock):
    """The SKU of a variant that lies at a second location only."""
    (sku,) = goods(stock=0)
    second, _ = Location.objects.get_or_create(code="second", defaults={"name": "Second", "priority": 9})
    adjust(sku=sku, location=second.code, change=stock, reason="received", actor="", now=timezone.now())
    return sku


def _parcels(log, sandbox):
    numbers = {order.number for order in log.orders()}
    parcels = sandbox.ledger()["parcels"]
    return Counter(parcel["reference"] for parcel in parcels if parcel["reference"] in numbers)


def _bring_to(reach, children):
    if reach in ("held", "captured"):
        children.run(child.charge_unnoticed, captures=reach == "captured")
    if reach == "paid":
        children.run(child.work, skip_handler=child.SHIPPING)


def _until_done(children, act, step):
    """Whether it was killed on the way."""
    if children.run(act, crash_at=step) != child.KILLED:
        return False
    children.run(act)
    return True


def _statuses(log):
    ids = [order.id for order in log.orders()]
    return list(Order.objects.filter(pk__in=ids).values_list("status", flat=True))


def _charges(log, sandbox):
    numbers = {order.number for order in log.orders()}
    return [charge for charge in sandbox.ledger()["payments"] if charge["reference"] in numbers]
