"""R4, R5: cancelling, refunds, parcels, returns, expiry and webhooks, killed before and after each step."""

from decimal import Decimal
from uuid import uuid4

import pytest

from drills.crash_points.names import all_names
from drills.oracle import comparison
from drills.oracle.answers import Answer
from orders.models import Order, Status
from tests.factories.accounts import UserFactory, bearer
from tests.factories.orders import VoucherFactory
from tests.faults import children as child
from tests.faults.shop import WEBHOOK_SECRET
from tests.faults.stories import PART, STORIES, Scene
from tests.stack import eventually
from tests.torture.scale import scale

pytestmark = pytest.mark.xdist_group("torture")

ROUNDS = scale(1, 50)
CASES = [
    (name, step) for name, story in STORIES.items() for step in all_names() if step.startswith(story.steps)
]
REFUNDED = {Status.PARTIALLY_REFUNDED: Decimal(PART)}
DONE = {None, 200, 201, 204}
DENIED = 409  # the answer to a repeat of what has been done, where there is no key to know it by


@pytest.fixture
def begin(children, sandbox, guests, log, goods):
    """A new order, and all that a story needs; each has a SKU of its own and a voucher that goes once."""
    children.changed["SANDBOX_WEBHOOK_SECRET"] = WEBHOOK_SECRET
    staff = bearer(UserFactory(staff=True, email=f"{uuid4().hex}@shop.test"))

    def place(story):
        children.changed.update(story.settings)
        voucher = VoucherFactory(code=uuid4().hex[:12], max_uses=1).code
        key, body = str(uuid4()), guests.body(*goods(story.skus, stock=1), token=story.token, voucher=voucher)
        status, text = children.run(child.place, body, key)
        log.write(answer := Answer(key=key, email=body["email"], status=status, body=text))
        return Scene(children=children, sandbox=sandbox, placed=answer.document, staff=staff)

    return place


@pytest.mark.parametrize(("name", "step"), CASES)
def test_story__killed_at_a_step__ends_as_meant(*, name, step, begin, children, log, sandbox):
    story = STORIES[name]

    for _ in range(ROUNDS):
        scene = begin(story)
        story.before(scene)
        deed = story.deed(scene)
        expected = DONE | {DENIED} if story.denied else DONE
        crashed = [_again_if_killed(children, act, step, expected) for act in (deed, child.work)]
        assert any(crashed)
        story.after(scene)

    ids = [order.id for order in log.orders()]
    assert list(Order.objects.filter(pk__in=ids).values_list("status", flat=True)) == [story.ended] * ROUNDS
    refunds = dict.fromkeys([order.number for order in log.orders()], REFUNDED.get(story.ended, Decimal()))
    assert comparison.discrepancies(log, ledger=sandbox.ledger(), refunds=refunds) == []


def _again_if_killed(children, act, step, expected):
    """Whether it was killed. Who asked is answered one of `expected` in the end."""
    was_killed = children.run(act, crash_at=step) == child.KILLED
    if was_killed:
        # PostgreSQL may be about to notice who died; till then the dead one's claim of the key is held.
        eventually(lambda: children.run(act) in expected, seconds=10)
    return was_killed
