"""The servers and the environment of a test run, made before Django reads its settings.

One PostgreSQL and one Valkey serve the whole run; TEST_DATABASE_URL and TEST_REDIS_URL name others.
Every xdist worker has its own test database (pytest-django) and its own four Valkey databases, but
Pub/Sub knows no databases: channels have to carry the cache's key prefix or the database number.
"""

import atexit
import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from accounts import key_files
from localstack.servers import throwaway_servers

ROOT = Path(__file__).resolve().parents[1]
VALKEY_DATABASES_PER_WORKER = 4

_resources = contextlib.ExitStack()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Iterator[None]:
    """pytest-django loads the settings inside this hook, so the environment is complete before it."""
    asked = early_config.known_args_namespace
    if not (asked.help or asked.version):
        if "PYTEST_XDIST_WORKER" not in os.environ:
            _start_servers()
        os.environ.update(_environment(_worker_number()))
    yield


@pytest.hookimpl(optionalhook=True, tryfirst=True)  # before xdist's own answer
def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores: those that break or restart a shop wait for it most of their time."""
    return (os.cpu_count() or 1) + 1


def pytest_unconfigure() -> None:
    _resources.close()


def _start_servers() -> None:
    """Name the servers in the environment, which the workers inherit."""
    atexit.register(_resources.close)  # where pytest fails before it is configured
    os.environ["PYTEST_PLUGINS"] = "tests.plugin"  # workers load this module as early as we did
    os.environ["TEST_RUN_DIR"] = _resources.enter_context(tempfile.TemporaryDirectory(prefix="shop-tests-"))
    key_files.create(Path(os.environ["TEST_RUN_DIR"]) / "keys")
    if {"TEST_DATABASE_URL", "TEST_REDIS_URL"} <= os.environ.keys():
        return
    local = ROOT / ".local"
    local.mkdir(exist_ok=True)
    pair = _resources.enter_context(throwaway_servers(local))
    os.environ.setdefault("TEST_DATABASE_URL", pair.postgres.url)
    os.environ.setdefault("TEST_REDIS_URL", pair.valkey.url)


def _worker_number() -> int:
    return int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))


def _environment(worker: int) -> dict[str, str]:
    run_dir = Path(os.environ["TEST_RUN_DIR"])
    redis_url = os.environ["TEST_REDIS_URL"]
    first = worker * VALKEY_DATABASES_PER_WORKER
    mine = run_dir / f"worker-{worker}"
    return {
        "READ_ENV_FILES": "false",  # the checkout's own shop and its .env are nothing to the tests
        "SECRET_KEY": "a secret for tests, long enough for every check that counts its characters",
        "DEBUG": "false",
        "LOCAL_STACK": "true",
        "LOG_LEVEL": "WARNING",
        "ALLOWED_HOSTS": "testserver,localhost,127.0.0.1",
        "PUBLIC_URL": "http://testserver",
        "DATABASE_URL": os.environ["TEST_DATABASE_URL"],
        "REDIS_URL": redis_url,
        "CACHE_URL": f"{redis_url}/{first}",
        "LIMITS_URL": f"{redis_url}/{first + 1}",
        "BROKER_URL": f"{redis_url}/{first + 2}",
        "SPARE_REDIS_URL": f"{redis_url}/{first + 3}",
        "EMAIL_URL": "smtp://127.0.0.1:1",  # nothing listens: a test that sends starts its own inbox
        "SANDBOX_URL": "http://127.0.0.1:1",  # nor here
        "JWT_KEYS_DIR": _made(run_dir / "keys"),
        "MAIL_INBOX_DIR": str(mine / "mail"),
        "STATIC_ROOT": str(run_dir / "static"),
        "MEDIA_ROOT": str(_made(mine / "media")),
        "DEMO_PASSWORD": "demo-Pa55word",
    }


def _made(directory: Path) -> str:
    directory.mkdir(parents=True, exist_ok=True)
    return str(directory)
