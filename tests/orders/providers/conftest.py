"""Each provider behind its gateway, over real HTTP: the sandbox as the process it is, Stripe as our fake."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

import pytest

from localstack.ports import free_port
from orders.providers.base import Gateway
from orders.providers.sandbox import SandboxGateway
from orders.providers.stripe import StripeGateway
from sandbox.ledger import Ledger
from tests.fakes.lossy_proxy import LossyProxy
from tests.fakes.sandbox_process import running_sandbox
from tests.fakes.stripe_server import SECRET_KEY, WEBHOOK_SECRET, FakeStripe


@dataclass
class Held:
    """A charge in the provider's own ledger."""

    key: str
    amount: Decimal
    captured: Decimal
    refunded: Decimal


class SandboxWorld:
    tokens = {"good": "tok_ok", "declined": "tok_declined", "insufficient": "tok_insufficient"}
    declined = "card_declined"

    def __init__(self, gateway: Gateway, proxy: LossyProxy, ledger: Ledger) -> None:
        self.gateway, self._proxy, self._ledger = gateway, proxy, ledger

    def lose_next_answer(self) -> None:
        self._proxy.lose()

    def charges(self) -> list[Held]:
        rows = self._ledger.rows("SELECT * FROM payment ORDER BY id")
        return [
            Held(row["key"], *(Decimal(row[n]) / 100 for n in ("amount", "captured", "refunded")))
            for row in rows
        ]


class StripeWorld:
    tokens = {
        "good": "pm_card_visa",
        "declined": "pm_card_chargeDeclined",
        "insufficient": "pm_card_chargeDeclinedInsufficientFunds",
    }
    declined = "generic_decline"

    def __init__(self, gateway: Gateway, fake: FakeStripe) -> None:
        self.gateway, self.fake = gateway, fake

    def lose_next_answer(self) -> None:
        self.fake.fail("lose")

    def charges(self) -> list[Held]:
        refunds = self.fake.ledger.refunds.values()
        return [
            Held(
                charge["metadata"]["payment_key"],
                Decimal(charge["amount"]) / 100,
                Decimal(charge["amount_captured"]) / 100,
                Decimal(sum(r["amount"] for r in refunds if r["payment_intent"] == charge["payment_intent"]))
                / 100,
            )
            for charge in self.fake.ledger.charges.values()
        ]


@pytest.fixture
def stripe(settings) -> Iterator[StripeWorld]:
    with FakeStripe() as fake:
        settings.STRIPE_SECRET_KEY, settings.STRIPE_WEBHOOK_SECRET = SECRET_KEY, WEBHOOK_SECRET
        settings.STRIPE_API_BASE = fake.url
        yield StripeWorld(StripeGateway(), fake)


@pytest.fixture(scope="module")
def sandbox_process(tmp_path_factory) -> Iterator[tuple[str, Ledger]]:
    file = tmp_path_factory.mktemp("sandbox") / "ledger.sqlite3"
    url = f"http://127.0.0.1:{free_port()}"
    with running_sandbox(url, SANDBOX_LEDGER=str(file), SANDBOX_LATENCY_MS="0"):
        ledger = Ledger(file)
        yield url, ledger
        ledger.close()


@pytest.fixture
def sandbox_world(sandbox_process, settings) -> Iterator[SandboxWorld]:
    url, ledger = sandbox_process
    with LossyProxy(url) as proxy:
        settings.SANDBOX_URL = proxy.url
        yield SandboxWorld(SandboxGateway(), proxy, ledger)


@pytest.fixture(params=["sandbox", "stripe"])
def world(request):
    """A provider and the gateway to it; see the two classes."""
    return request.getfixturevalue("sandbox_world" if request.param == "sandbox" else "stripe")
