"""The sandbox keeps the gateway's contract: what orders/providers/base.py promises, over real HTTP."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
import requests

from core.resilience.breaker import BreakerOpen
from orders import providers
from orders.providers import sandbox as sandbox_gateway
from orders.providers.base import Declined, ProviderUnavailable, StepRefused

pytestmark = pytest.mark.django_db
TEN = Decimal("10.00")


@pytest.fixture
def gateway(sandbox):
    return providers.gateway("sandbox")


def _authorise(gateway, *, key="k1", token="tok_ok", amount=TEN):
    return gateway.authorise(key=key, order="S-1", token=token, amount=amount, currency="USD")


def test_authorise__good_token__holds_the_amount(gateway):
    charge = _authorise(gateway)

    assert (charge.amount, charge.captured, charge.refunded, charge.is_held) == (TEN, 0, 0, True)


def test_authorise__same_key__is_the_same_charge(gateway, sandbox):
    with ThreadPoolExecutor(8) as pool:
        charges = set(pool.map(lambda _: _authorise(gateway), range(16)))

    assert len(charges) == 1
    assert len(sandbox.payments()) == 1


def test_authorise__same_key_for_another_amount__is_refused(gateway, sandbox):
    _authorise(gateway)

    with pytest.raises(sandbox_gateway.NotUnderstood, match="422"):
        _authorise(gateway, amount=Decimal(11))

    assert len(sandbox.payments()) == 1


@pytest.mark.parametrize(
    ("token", "code"),
    [("tok_declined", "card_declined"), ("tok_insufficient", "insufficient_funds"), ("?", "unknown_token")],
)
def test_authorise__refused_token__is_declined_for_good(gateway, token, code):
    for _ in range(2):
        with pytest.raises(Declined, match=code):
            _authorise(gateway, token=token)


def test_authorise__tok_timeout__commits_hangs_and_answers_a_repeat(gateway, sandbox):
    with pytest.raises(ProviderUnavailable):
        _authorise(gateway, token="tok_timeout")
    fetched = gateway.fetch(key="k1")

    assert _authorise(gateway, token="tok_timeout") == fetched
    assert len(sandbox.payments()) == 1


def test_authorise__tok_flaky__fails_twice_then_works(gateway):
    for _ in range(2):
        with pytest.raises(ProviderUnavailable):
            _authorise(gateway, token="tok_flaky")

    assert _authorise(gateway, token="tok_flaky").is_held


def test_authorise__tok_down__never_works(gateway, sandbox):
    for _ in range(3):
        with pytest.raises(ProviderUnavailable):
            _authorise(gateway, token="tok_down")

    assert sandbox.payments() == []


def test_capture__held__takes_it_once(gateway):
    charge = _authorise(gateway)

    captured = [
        gateway.capture(key="c", reference=charge.reference, amount=TEN, currency="USD") for _ in range(2)
    ]

    assert [(c.captured, c.is_held) for c in captured] == [(TEN, False)] * 2
    with pytest.raises(StepRefused):
        gateway.capture(key="c2", reference=charge.reference, amount=TEN, currency="USD")


def test_void__held__lets_go_and_nothing_can_be_captured(gateway):
    charge = _authorise(gateway)

    voided = gateway.void(key="v", reference=charge.reference)

    assert (voided.is_held, voided.captured) == (False, 0)
    with pytest.raises(StepRefused):
        gateway.capture(key="c", reference=charge.reference, amount=TEN, currency="USD")


def test_void__captured__is_refused(gateway):
    charge = _authorise(gateway)
    gateway.capture(key="c", reference=charge.reference, amount=TEN, currency="USD")

    with pytest.raises(StepRefused):
        gateway.void(key="v", reference=charge.reference)


def test_refund__in_parts__never_above_captured(gateway):
    charge = _authorise(gateway)
    gateway.capture(key="c", reference=charge.reference, amount=TEN, currency="USD")

    first = gateway.refund(key="r1", reference=charge.reference, amount=Decimal("6.00"), currency="USD")
    again = gateway.refund(key="r1", reference=charge.reference, amount=Decimal("6.00"), currency="USD")

    assert first.refunded == again.refunded == Decimal("6.00")
    with pytest.raises(StepRefused):
        gateway.refund(key="r2", reference=charge.reference, amount=Decimal("4.01"), currency="USD")


def test_fetch__never_authorised__is_none(gateway):
    assert gateway.fetch(key="nobody") is None


def test_create_parcel__same_key__is_the_same_parcel(sandbox):
    carrier = providers.carrier("sandbox")

    parcels = {
        carrier.create_parcel(key="p", order="S-1", address={}, lines=[{"sku": "A", "quantity": 1}])
        for _ in range(2)
    }

    assert parcels == {"SBX0000000001"}


def test_provider__refused_connection__is_unavailable_and_opens_the_breaker(settings):
    settings.SANDBOX_URL = "http://127.0.0.1:1"
    gateway = providers.gateway("sandbox")

    for _ in range(10):
        with pytest.raises(ProviderUnavailable):
            gateway.fetch(key="k")

    with pytest.raises(BreakerOpen):
        gateway.fetch(key="k")


@pytest.mark.parametrize(
    ("path", "raw", "key"),
    [
        ("/payments", b"{", "k"),
        ("/payments", b"[]", "k"),
        ("/payments", b"{}", "k"),
        ("/payments", b"{}", None),
    ],
)
def test_provider__malformed_request__is_400(sandbox, settings, path, raw, key):
    headers = {"Idempotency-Key": key} if key else {}

    assert requests.post(settings.SANDBOX_URL + path, raw, headers=headers, timeout=5).status_code == 400


def test_provider__imported__brings_nothing_of_django(tmp_path):
    code = "import sys, sandbox.provider as p; assert p.app; assert 'django' not in sys.modules"
    environment = {"SANDBOX_LEDGER": str(tmp_path / "ledger.sqlite3")}

    subprocess.run([sys.executable, "-c", code], env=environment, check=True, timeout=60)
