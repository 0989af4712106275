"""One breakable shop for all torture tests of a run; they run one after the other on one xdist worker.

Each module names the group `torture`: xdist reads it before a marker added here."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from drills.oracle.answers import AnswerLog
from tests.factories.catalog import VariantFactory
from tests.faults.brokers import OwnRabbitMQ, OwnValkey
from tests.faults.buyers import Buyers
from tests.faults.children import Children
from tests.faults.databases import copied_database, using_database
from tests.faults.shop import Sandbox, Shop
from tests.torture.scale import FULL

HERE = Path(__file__).parent
Goods = Callable[..., list[str]]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.django_db)
            item.add_marker(pytest.mark.torture)
            item.add_marker(pytest.mark.timeout(7200 if FULL else 180))


@pytest.fixture
def _django_db_helper(django_db_setup) -> None:
    """Instead of pytest-django's: no transaction around tests that commit to databases of their own."""


@contextmanager
def _started_shop(
    directory: Path, blocker: Any, *, redis_url: str = "", broker_url: str = ""
) -> Iterator[Shop]:
    """A shop on a fresh copy of the test database."""
    server, redis_url = os.environ["TEST_DATABASE_URL"], redis_url or os.environ["TEST_REDIS_URL"]
    with blocker.unblock(), copied_database(f"torture_{uuid4().hex[:8]}", server_url=server) as url:
        shop = Shop(directory, database_url=url, redis_url=redis_url, broker_url=broker_url)
        try:
            yield shop.start()
        finally:
            shop.stop()


@pytest.fixture(scope="session")
def running_shop(django_db_setup, django_db_blocker, tmp_path_factory) -> Iterator[Shop]:
    with _started_shop(tmp_path_factory.mktemp("torture"), django_db_blocker) as shop:
        yield shop


@pytest.fixture(scope="module", params=["valkey", "rabbitmq"])
def own_broker(request, tmp_path_factory) -> Iterator[OwnValkey | OwnRabbitMQ]:
    """A broker that the test may break. As a Valkey it is the shop's cache, too."""
    with _own(request.param, tmp_path_factory) as server:
        yield server


@pytest.fixture(scope="module")
def shop_on_own_broker(own_broker, django_db_setup, django_db_blocker, tmp_path_factory) -> Iterator[Shop]:
    kind = "redis_url" if isinstance(own_broker, OwnValkey) else "broker_url"
    directory = tmp_path_factory.mktemp("shop")
    with (
        _started_shop(directory, django_db_blocker, **{kind: own_broker.url}) as shop,
        django_db_blocker.unblock(),
        shop.in_use(),
    ):
        yield shop


def _own(kind: str, tmp_path_factory) -> OwnValkey | OwnRabbitMQ:
    if kind == "valkey":
        return OwnValkey(tmp_path_factory.mktemp("valkey"))
    if os.environ.get("TEST_RABBITMQ") != "true":
        pytest.skip("TEST_RABBITMQ is not set: no RabbitMQ")
    if not OwnRabbitMQ.is_installed():
        pytest.skip("no RabbitMQ: rabbitmq-server is not installed")
    return OwnRabbitMQ(tmp_path_factory.mktemp("rabbitmq"))


@pytest.fixture
def shop(running_shop, django_db_blocker) -> Iterator[Shop]:
    """The running shop, whole; its database is Django's for the test. What a test makes stays there."""
    with django_db_blocker.unblock(), running_shop.in_use():
        yield running_shop


@pytest.fixture
def log(tmp_path) -> Iterator[AnswerLog]:
    with AnswerLog(tmp_path / "answers.jsonl") as answers:
        yield answers


@pytest.fixture
def buyers(shop, log) -> Buyers:
    return Buyers(shop.url, log)


@pytest.fixture
def guests(log) -> Buyers:
    """Buyers who go to no running shop: only their orders are of use."""
    return Buyers("", log)


@pytest.fixture(scope="session")
def quiet_database(django_db_setup, django_db_blocker) -> Iterator[str]:
    """A database that no process of the shop uses, for children and threads that play all parts."""
    server = os.environ["TEST_DATABASE_URL"]
    with django_db_blocker.unblock(), copied_database(f"torture_{uuid4().hex[:8]}", server_url=server) as url:
        yield url.rsplit("/", 1)[1]


@pytest.fixture(scope="session")
def _running_sandbox(tmp_path_factory) -> Iterator[Sandbox]:
    with Sandbox(tmp_path_factory.mktemp("sandbox")) as running:
        yield running


@pytest.fixture
def sandbox(_running_sandbox) -> Iterator[Sandbox]:
    yield _running_sandbox
    _running_sandbox.proxy.mend()


@pytest.fixture
def children(sandbox, quiet_database, django_db_blocker) -> Iterator[Children]:
    """Children on the quiet database, which is Django's for the test."""
    with django_db_blocker.unblock(), using_database(quiet_database):
        yield Children(database=quiet_database, sandbox_url=sandbox.url)


@pytest.fixture
def goods() -> Goods:
    """`goods(3, stock=10)`: SKUs of new variants, in the database that the test uses."""

    def make(count: int = 1, *, stock: int = 100_000) -> list[str]:
        made = [VariantFactory(sku=f"T-{uuid4().hex[:10]}", stock=stock) for _ in range(count)]
        return [variant.sku for variant in made]

    return make
