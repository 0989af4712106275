"""The whole shop under real orders while each of its parts is killed; manage.py replay_orders --chaos."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from drills.chaos.faults import FAULTS
from tests.stack import Stack, eventually

# What has waited for 15 seconds has waited long enough: leases of messages and claims of mails end, and what
# was put off, because of a claim or of an earlier mail, is tried again.
SPEED_UP = """
UPDATE core_outboxmessage SET next_attempt_at = now()
WHERE handled_at IS NULL AND dead_at IS NULL AND publications > 0
  AND next_attempt_at < now() + interval '45 s';
UPDATE core_mail SET claimed_until = now() WHERE claimed_until < now() + interval '75 s';
UPDATE core_outboxmessage SET next_attempt_at = now()
WHERE handled_at IS NULL AND dead_at IS NULL AND error <> ''
  AND created_at < now() - interval '15 s';
"""


@contextmanager
def impatient(stack: Stack) -> Iterator[None]:
    """Time is not waited for where nothing but time has to pass."""
    is_over = threading.Event()

    def keep_on() -> None:
        while not is_over.wait(2):
            try:
                with psycopg.connect(stack.environment["DATABASE_URL"], connect_timeout=2) as connection:
                    connection.execute(SPEED_UP)
            except psycopg.OperationalError:
                continue  # just killed

    thread = threading.Thread(target=keep_on)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


def test_replay__each_part_killed_meanwhile__all_orders_kept_once_and_all_ledgers_agree(stack):
    with impatient(stack):
        done = stack.manage(
            *("replay_orders", "--chaos", "--every", "1.5", "--count", "60", "--rate", "6"),
            *("--base-url", stack.url, "--end-within", "60"),
        )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "All of it agrees." in done.stdout
    assert all(f"killed: {fault.name} " in done.stdout for fault in FAULTS)
    eventually(stack.is_healthy)


@pytest.mark.parametrize("address", ["http://127.0.0.1:1", "http://shop.example"])
def test_replay__chaos_elsewhere__is_refused_and_nothing_is_killed(stack, address):
    before = stack.pids()

    done = stack.manage("replay_orders", "--chaos", "--count", "1", "--base-url", address)

    assert done.returncode == 1
    assert f"{address} is not the local stack of this checkout" in done.stderr
    assert stack.pids() == before
