import os
import subprocess
import sys

import pytest
from django.test import override_settings

from core.checks import refuse_unsafe_settings, unsafe_settings
from tests.architecture.house import ROOT

SAFE = {
    "LOCAL_STACK": False,
    "DEBUG": False,
    "SECRET_KEY": "fW8-0aXq1Tz7_pLr4VbN2kYc9MdH6sGjE3uQ5oIiRtZxKvBw7yAa",
    "ALLOWED_HOSTS": ["shop.example"],
    "THROTTLE_SCALE": 1,
    "CORS_ALLOWED_ORIGINS": [],
}


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
    )


@pytest.mark.parametrize(
    "code",
    [["-c", "import config.wsgi"], ["manage.py", "check"], ["manage.py", "relay_outbox", "--once"]],
    ids=["web", "check", "relay"],
)
def test_process__throttle_scale_outside_the_local_stack__does_not_start(code):
    done = _start(code, THROTTLE_SCALE="100")

    assert done.returncode != 0
    assert "THROTTLE_SCALE" in done.stderr


def test_process__malformed_variable__is_named():
    done = _start(["-c", "import config.wsgi"], THROTTLE_SCALE="many")

    assert done.returncode != 0
    assert "THROTTLE_SCALE" in done.stderr
