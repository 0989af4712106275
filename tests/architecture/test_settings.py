import os
import subprocess
import sys
from datetime import timedelta

import pytest
from django.core.checks import Tags, run_checks
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings

from core.checks import left_over, refuse_unsafe_settings, unsafe_settings
from core.net import Networks
from tests.architecture.house import ROOT

SAFE = {
    "LOCAL_STACK": False,
    "DEBUG": False,
    "SECRET_KEY": "fW8-0aXq1Tz7_pLr4VbN2kYc9MdH6sGjE3uQ5oIiRtZxKvBw7yAa",
    "ALLOWED_HOSTS": ["shop.example"],
    "THROTTLE_SCALE": 1,
    "CORS_ALLOWED_ORIGINS": [],
    "PAYMENT_GATEWAY": "stripe",
    "STRIPE_SECRET_KEY": "sk_live_x",
    "CARRIER": "manual",
    "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
}
RISKS = [
    ({"PAYMENT_GATEWAY": "sandbox"}, "orders.E005", "test_payments"),
    ({"STRIPE_SECRET_KEY": "sk_test_x"}, "orders.E006", "test_payments"),
    ({"STRIPE_SECRET_KEY": "rk_test_x"}, "orders.E006", "test_payments"),
    ({"CARRIER": "sandbox"}, "orders.E007", "test_carrier"),
    ({"ACCESS_TOKEN_LIFETIME": timedelta(days=2000)}, "accounts.E003", "long_tokens"),
    ({"ACCESS_TOKEN_LIFETIME": timedelta(seconds=3601)}, "accounts.E003", "long_tokens"),
    ({"ACCESS_TOKEN_LIFETIME": timedelta(0)}, "accounts.E003", "long_tokens"),
    ({"REFRESH_TOKEN_LIFETIME": timedelta(days=366)}, "accounts.E003", "long_tokens"),
    *(
        ({"TRUSTED_PROXIES": Networks(["10.0.0.0/8", network])}, "shop.E008", "trusted_proxies")
        for network in (
            "0.0.0.0/0",
            "0.0.0.0/1",
            "128.0.0.0/1",
            "8.0.0.0/8",
            "::/0",
            "2000::/3",
            "::ffff:0:0/96",
        )
    ),
    *(
        ({"EMAIL_BACKEND": f"django.core.mail.backends.{name}.EmailBackend"}, "shop.E009", "unsent_mail")
        for name in ("console", "filebased", "dummy")
    ),
]


def test_safe_settings__pass():
    with override_settings(**SAFE):
        refuse_unsafe_settings()


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"DEBUG": True}, "shop.E001"),
        ({"SECRET_KEY": "short"}, "shop.E002"),
        ({"SECRET_KEY": "a" * 60}, "shop.E002"),
        ({"SECRET_KEY": "django-insecure-" + SAFE["SECRET_KEY"]}, "shop.E002"),
        ({"ALLOWED_HOSTS": []}, "shop.E003"),
        ({"ALLOWED_HOSTS": ["shop.example", "*"]}, "shop.E003"),
        ({"THROTTLE_SCALE": 100}, "shop.E004"),
        ({"CORS_ALLOWED_ORIGINS": ["*"]}, "shop.E005"),
    ],
)
def test_unsafe_settings__each__is_refused_outside_the_local_stack_only(change, error):
    with override_settings(**SAFE | change):
        outside = [e.id for e in unsafe_settings(None)]
    with override_settings(**SAFE | change | {"LOCAL_STACK": True}):
        inside = unsafe_settings(None)

    assert (outside, inside) == ([error], [])


@pytest.mark.parametrize(("change", "error", "name"), RISKS)
def test_risk__each__is_refused_outside_the_local_stack_unless_asked_for(change, error, name):
    with override_settings(**SAFE | change), pytest.raises(ImproperlyConfigured, match=error) as refused:
        refuse_unsafe_settings()
    with override_settings(**SAFE | change | {"ALLOW_UNSAFE": [name]}):
        refuse_unsafe_settings()
    with override_settings(**SAFE | change | {"LOCAL_STACK": True}):
        refuse_unsafe_settings()

    assert f"ALLOW_UNSAFE={name}" in str(refused.value)


@pytest.mark.parametrize(("change", "error", "name"), RISKS)
def test_risk__asked_for__is_still_told_by_check_deploy(change, error, name):
    with override_settings(**SAFE | change | {"ALLOW_UNSAFE": [name]}):
        told = run_checks(tags=[Tags.security], include_deployment_checks=True)

    assert error in [message.id for message in told if not message.is_serious()]


@pytest.mark.parametrize(
    "networks", [["203.0.113.7"], ["35.191.0.0/16"], ["172.16.0.0/12", "fc00::/7", "::1/128"], []]
)
def test_trusted_proxies__of_one_installation__pass(networks):
    with override_settings(**SAFE, TRUSTED_PROXIES=Networks(networks)):
        refuse_unsafe_settings()


def test_allow_unsafe__unknown_name__is_refused():
    with (
        override_settings(**SAFE, ALLOW_UNSAFE=["everything"]),
        pytest.raises(ImproperlyConfigured, match=r"shop\.E007"),
    ):
        refuse_unsafe_settings()


def test_check_deploy__local_environment_left_over__is_told(tmp_path):
    left = tmp_path / "env"
    with override_settings(**SAFE, LOCAL_ENVIRONMENT=left):
        before = left_over(None)
        left.touch()
        after = left_over(None)

    assert ([m.id for m in before], [m.id for m in after]) == ([], ["shop.I001"])


def _start(code, **environment):
    kept = {k: v for k, v in os.environ.items() if k not in ("LOCAL_STACK", "THROTTLE_SCALE")}
    settings = {"SECRET_KEY": SAFE["SECRET_KEY"], "ALLOWED_HOSTS": "shop.example"}
    return subprocess.run(
        [sys.executable, *code],
        cwd=ROOT,
        env=kept | settings | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


CELERY = ["-m", "celery", "-A", "config"]
PROCESSES = {
    "web": ["-c", "import config.wsgi"],
    "check": ["manage.py", "check"],
    "relay": ["manage.py", "relay_outbox", "--once"],
    "worker": [*CELERY, "worker", "--pool", "solo", "--without-mingle", "--without-gossip"],
    "beat": [*CELERY, "beat", "--pidfile=", "--scheduler", "config.beat:HeartbeatScheduler"],
}


@pytest.mark.parametrize("code", PROCESSES.values(), ids=PROCESSES)
def test_process__throttle_scale_outside_the_local_stack__does_not_start(code):
    done = _start(code, THROTTLE_SCALE="100")

    assert done.returncode != 0
    assert "THROTTLE_SCALE" in done.stderr


def test_process__sandbox_outside_the_local_stack__is_not_the_default():
    done = _start(PROCESSES["web"])

    assert done.returncode != 0
    assert "orders.E005" in done.stderr
    assert "orders.E007" in done.stderr


def test_process__malformed_variable__is_named():
    done = _start(["-c", "import config.wsgi"], THROTTLE_SCALE="many")

    assert done.returncode != 0
    assert "THROTTLE_SCALE" in done.stderr
