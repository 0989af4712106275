"""The environment every process of the local stack runs in."""

import base64
import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

from localstack import ports
from localstack.layout import Layout
from localstack.numbers import MAX_PORT, MAX_SIZE, whole_number
from localstack.secret_files import remembered_secret, write_private

DEFAULT_PORT = 8000
SIZES = {"WEB_CONCURRENCY": os.cpu_count() or 1, "WEB_THREADS": 4}
# What the banner shows, known to every terminal of the checkout even where a person gave it in one.
SHOWN = {"PORT", "DEMO_PASSWORD"}
WEBHOOKS = "/api/v1/payments/webhooks/sandbox"
YES = ("1", "true", "yes", "on")


def public_port(given: Mapping[str, str]) -> int:
    return whole_number(given, "PORT", default=DEFAULT_PORT, most=MAX_PORT)


def stack_environment(
    layout: Layout,
    own_ports: Mapping[str, int],
    given: Mapping[str, str],
    *,
    database_url: str,
    redis_url: str,
) -> dict[str, str]:
    """Our values, under those that the person gave: whoever sets EMAIL_URL sends real mail."""
    port = public_port(given)
    ours = {
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "SECRET_KEY": remembered_secret(layout.secret("django")),
        "PUBLIC_URL": f"http://localhost:{port}",
        "EMAIL_URL": f"smtp://{ports.HOST}:{own_ports['inbox']}",
        "SANDBOX_URL": f"http://{ports.HOST}:{own_ports['sandbox']}",
        "SANDBOX_WEBHOOK_SECRET": _webhook_secret(layout),
        "JWT_KEYS_DIR": str(layout.keys),
        "MAIL_INBOX_DIR": str(layout.mail),
        "STATIC_ROOT": str(layout.static),
        "MEDIA_ROOT": str(layout.media),
        "LOG_FORMAT": "console",
        "PORT": str(port),
        "DEMO_PASSWORD": "demo-Pa55word",
    }
    if given.get("SANDBOX_WEBHOOKS", "").lower() in YES:
        ours["SANDBOX_WEBHOOK_URL"] = f"http://{ports.HOST}:{port}{WEBHOOKS}"
    return (
        ours
        | {name: value for name, value in given.items() if value}
        | _sizes(given)
        | {"LOCAL_STACK": "true"}
    )


def _sizes(given: Mapping[str, str]) -> dict[str, str]:
    return {
        name: str(whole_number(given, name, default=default, most=MAX_SIZE))
        for name, default in SIZES.items()
    }


def _webhook_secret(layout: Layout) -> str:
    """As Standard Webhooks writes secrets."""
    return "whsec_" + base64.b64encode(remembered_secret(layout.secret("webhook")).encode()).decode()


def write_environment_file(file: Path, environment: Mapping[str, str], given: Mapping[str, str]) -> None:
    """What the stack adds to the environment, for `manage.py` in another terminal."""
    added = {n: value for n, value in environment.items() if given.get(n) != value or n in SHOWN}
    write_private(file, "".join(f"{name}='{value}'\n" for name, value in sorted(added.items())))


def read_environment_file(file: Path) -> dict[str, str]:
    """What the running stack has written; empty where there is none."""
    lines = file.read_text().splitlines() if file.exists() else []
    pairs = (line.partition("=") for line in lines)
    return {name: value.removeprefix("'").removesuffix("'") for name, _, value in pairs}


def fingerprint(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
