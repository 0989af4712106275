from pathlib import Path

import pytest

from localstack.environment import stack_environment
from localstack.layout import Layout


@pytest.fixture
def made(tmp_path):
    """The environment of a checkout, by what the person gave."""

    def make(**given):
        layout = Layout(Path(tmp_path))
        layout.local.mkdir(parents=True, exist_ok=True)
        ports = {"inbox": 1, "sandbox": 2}
        return stack_environment(layout, ports, given, database_url="d", redis_url="r")

    return make


@pytest.mark.parametrize("given", [{}, {"SANDBOX_WEBHOOKS": "false"}, {"SANDBOX_WEBHOOKS": ""}])
def test_stack_environment__webhooks_not_asked_for__sandbox_sends_none(made, given):
    assert "SANDBOX_WEBHOOK_URL" not in made(**given)


def test_stack_environment__webhooks_asked_for__sandbox_sends_them_to_this_shop(made):
    environment = made(SANDBOX_WEBHOOKS="true", PORT="9000")

    url = "http://127.0.0.1:9000/api/v1/payments/webhooks/sandbox"
    assert environment["SANDBOX_WEBHOOK_URL"] == url
    assert environment["SANDBOX_WEBHOOK_SECRET"].startswith("whsec_")


def test_stack_environment__webhooks_sent_elsewhere__are(made):
    environment = made(SANDBOX_WEBHOOKS="true", SANDBOX_WEBHOOK_URL="http://elsewhere.example/")

    assert environment["SANDBOX_WEBHOOK_URL"] == "http://elsewhere.example/"
