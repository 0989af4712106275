"""Writers and readers in processes of their own, with nothing in common but PostgreSQL and Redis."""

import contextlib
import mmap
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from catalog.services import products
from tests.factories.catalog import ProductFactory

ROUNDS = 300
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(180)]


@contextlib.contextmanager
def readers(count: int, path: Path) -> Iterator[list[subprocess.Popen[str]]]:
    command = [sys.executable, "-m", "tests.cache.shopper", connection.settings_dict["NAME"], str(path)]
    started = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(count)]
    try:
        for process in started:
            assert process.stdout.readline() == "ready\n"
        yield started
    finally:
        for process in started:
            process.kill()
            process.wait()
            process.stdout.close()


def test_two_readers_and_a_writer__no_read_is_older_than_the_last_answered_write(tmp_path):
    ProductFactory(slug="raced", name="0", description="0", variant__price=Decimal(1))
    path = tmp_path / "answered"
    path.write_bytes(bytes(8))

    with readers(2, path) as processes, path.open("r+b") as file, mmap.mmap(file.fileno(), 8) as answered:
        own_reads = []
        for number in range(1, ROUNDS + 1):
            write(number)
            answered[:8] = number.to_bytes(8, "little", signed=True)
            own_reads.append(int(Client().get("/api/v1/products/raced").json()["description"]))
        answered[:8] = (-1).to_bytes(8, "little", signed=True)
        reports = [process.communicate(timeout=30)[0].splitlines() for process in processes]

    assert own_reads == list(range(1, ROUNDS + 1))
    assert [len(lines) for lines in reports] == [1, 1], reports
    assert all(int(lines[0].removeprefix("reads: ")) > ROUNDS / 4 for lines in reports)


def write(number: int) -> None:
    products.update(
        slug="raced",
        fields={"name": str(number), "description": str(number)},
        variant_fields={},
        variants=None,
        precondition=lambda product: None,
        actor="test",
        now=timezone.now(),
    )
