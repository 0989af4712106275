"""What the containers of docker-compose.yml may do, see and reach."""

from pathlib import Path

import pytest
import yaml

from localstack.postgres import ALWAYS

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES = COMPOSE["services"]
DATABASES = {"postgres", "redis", "rabbitmq"}
SIGNING = {"setup", "web"}


def _mounted(service):
    return {volume.split(":")[0] for volume in service.get("volumes", [])}


def _neighbours(name):
    own = set(SERVICES[name]["networks"])
    return {other for other, service in SERVICES.items() if own & set(service["networks"])} - {name}


@pytest.mark.parametrize("name", SERVICES)
def test_container__each__has_no_rights_and_gets_none(name):
    service = SERVICES[name]

    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in service
    assert "cap_add" not in service


@pytest.mark.parametrize("name", sorted(SERVICES.keys() - {"rabbitmq"}))
def test_container__each_but_rabbitmq__cannot_write_its_own_files(name):
    assert SERVICES[name]["read_only"] is True


def test_signing_keys__are_mounted_where_tokens_are_signed_only():
    assert {name for name, service in SERVICES.items() if "keys" in _mounted(service)} == SIGNING
    assert {
        name for name, service in SERVICES.items() if "JWT_KEYS_DIR" in service.get("environment", {})
    } == SIGNING
    assert SERVICES["web"]["volumes"][0] == "keys:/keys:ro"


def test_secrets__of_webhooks__are_where_they_are_signed_and_verified_only():
    holders = {name for name, one in SERVICES.items() if "sandbox_webhook_secret" in one.get("secrets", [])}

    assert holders == {"web", "sandbox"}


def test_networks__databases__are_reached_by_our_own_processes_and_reach_nobody():
    for name in DATABASES:
        assert _neighbours(name) - DATABASES == {"setup", "web", "worker", "beat", "relay"}
        assert all(COMPOSE["networks"][network].get("internal") for network in SERVICES[name]["networks"])


def test_networks__web__is_reached_through_nginx_and_reaches_no_provider():
    assert all(COMPOSE["networks"][network].get("internal") for network in SERVICES["web"]["networks"])
    assert "sandbox" not in _neighbours("web")
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["nginx"]


def test_redis__asks_for_a_password_that_no_command_line_shows():
    redis = SERVICES["redis"]

    assert "/run/secrets/redis_conf" in redis["command"]
    assert not [word for word in redis["command"] if "requirepass" in word]
    assert "requirepass" in (ROOT / "deploy" / "compose" / "make-secrets.sh").read_text()
    assert SERVICES["web"]["environment"]["REDIS_URL_FILE"] == "/run/secrets/redis_url"


def test_sandbox__is_named_together_with_the_switch_that_allows_it():
    environment = SERVICES["web"]["environment"]

    assert environment["PAYMENT_GATEWAY"] == "${PAYMENT_GATEWAY:-sandbox}"
    assert environment["ALLOW_UNSAFE"] == "${ALLOW_UNSAFE-test_payments,test_carrier}"


def test_postgres__logs_errors_without_values():
    command = SERVICES["postgres"]["command"]

    for setting in ("log_error_verbosity", "log_min_error_statement"):
        assert f"{setting}={ALWAYS[setting]}" in command
