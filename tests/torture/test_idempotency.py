"""R1, R2, R3: one key is one order, whatever is lost on the way and however often it is sent."""

from collections import Counter
from uuid import uuid4

import pytest
import requests

from accounts.models import User
from drills.oracle import comparison
from orders.models import Order
from tests.factories.accounts import UserFactory, bearer
from tests.faults.buyers import together
from tests.faults.proxy import Fate, first_of_each
from tests.torture.scale import scale

pytestmark = pytest.mark.xdist_group("torture")

ORDERS, REPEATS = scale((25, 3), (2000, 5))
KEYS, THREADS = scale((12, 8), (200, 50))


def test_order__first_answers_lost_and_sent_again__one_order_with_identical_answers(shop, buyers, goods, log):
    skus = goods(3)
    shop.front.judge = first_of_each(Fate.LOST_ANSWER)
    bodies = {str(uuid4()): buyers.body(*skus) for _ in range(ORDERS)}

    for _ in range(REPEATS):
        together(lambda key: buyers.order(bodies[key], key=key), bodies, at_once=8)

    answers = log.read()
    assert len(log.orders()) == ORDERS
    assert all(answer.is_replay for answer in answers), "the first answers were to be lost"
    assert len(answers) == ORDERS * REPEATS
    shop.wait_until_quiet()
    assert comparison.discrepancies(log, ledger=shop.ledger(), inbox=shop.mails()) == []


def test_order__fifty_at_once_under_one_key__one_runs_and_the_rest_wait_or_repeat(shop, buyers, goods, log):
    skus = goods(2)
    bodies = {str(uuid4()): buyers.body(*skus) for _ in range(KEYS)}

    for key, body in bodies.items():
        together(lambda _, key=key, body=body: buyers.post(body, key=key), range(THREADS), at_once=THREADS)

    counts = Counter((answer.status, answer.is_replay) for answer in log.read())
    assert counts[201, False] == KEYS
    assert set(counts) <= {(201, False), (201, True), (409, False)}
    assert Order.objects.filter(email__in=[body["email"] for body in bodies.values()]).count() == KEYS
    assert log.contradictions() == []


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"email": "other@shop.test"}, id="field"),
        pytest.param({"items": [{"sku": "SKU", "quantity": 3}]}, id="quantity"),
        pytest.param({"payment": {"token": "tok_declined"}}, id="token"),
    ],
)
def test_order__key_used_with_another_body__is_refused_without_effect(shop, buyers, goods, change):
    (sku,) = goods()
    key, first = str(uuid4()), buyers.body(sku)
    second = first | change
    if "items" in change:
        second["items"] = [{"sku": sku, "quantity": 3}]
    buyers.order(first, key=key)
    before = Order.objects.count()

    answer = buyers.post(second, key=key)

    assert answer.status == 422
    assert answer.document["code"] == "idempotency_key_reused"
    assert Order.objects.count() == before


def test_order__key_used_at_another_path_or_by_others__is_refused_or_independent(shop, buyers, goods):
    (sku,) = goods()
    key, body = str(uuid4()), buyers.body(sku)
    first = buyers.order(body, key=key)
    alice, bob = UserFactory(email=_address()), UserFactory(email=_address())

    elsewhere = _post(f"{shop.url}/api/v1/orders?page=2", body, key)
    others = [_post(f"{shop.url}/api/v1/orders", body, key, user) for user in (alice, bob)]

    assert elsewhere.status_code == 422
    assert [answer.status_code for answer in others] == [201, 201]
    assert len({first.document["id"], *(answer.json()["id"] for answer in others)}) == 3


def _address() -> str:
    return f"{uuid4().hex}@shop.test"


def _post(url: str, body: dict, key: str, user: User | None = None) -> requests.Response:
    headers = {"Idempotency-Key": key, **(bearer(user) if user else {})}
    return requests.post(url, json=body, headers=headers, timeout=10)
