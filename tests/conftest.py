from collections.abc import Iterator

import pytest

from core.cache.redis import client
from tests.stack import Stack, copy_of_checkout


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The whole shop, running; see tests/stack.py."""
    running = Stack(copy_of_checkout(tmp_path_factory.mktemp("stack") / "a shop"))
    try:
        yield running.start()
    finally:
        running.remove()


@pytest.fixture(autouse=True)
def _fresh_cache() -> None:
    """No test meets what another one cached: the rows behind it were rolled back."""
    client().flushdb()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One stack per run: everything that asks for it runs on one worker, and may wait for its start."""
    for item in items:
        if "stack" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group("stack"))
            item.add_marker(pytest.mark.timeout(300))
