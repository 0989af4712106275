"""Readiness with dependencies that refuse and that freeze, on servers of the test's own."""

import signal
import socket
import threading
import time

import pytest
from django.db import connection, connections
from django.test import override_settings

from core.platform import readiness
from localstack import ports
from localstack.servers import running
from localstack.valkey import Valkey

pytestmark = pytest.mark.django_db


@pytest.fixture
def valkey(tmp_path):
    server = Valkey(tmp_path / "valkey", ports.free_port(), "frozen")
    server.prepare()
    with running(server, log=tmp_path / "valkey.log") as process:
        yield server, process
        process.send_signal(signal.SIGCONT)


def _probe_threads():
    return [t for t in threading.enumerate() if t.name.startswith("probe-")]


def _wait_for_probes():
    for thread in _probe_threads():
        thread.join(10)


def test_ready__all_answer__is_200_with_times(client):
    response = client.get("/health/ready")

    body = response.json()
    assert (response.status_code, body["status"]) == (200, "OK")
    assert body["checks"].keys() == {"database", "cache", "broker"}
    assert all(c["status"] == "OK" and c["ms"] >= 0 for c in body["checks"].values())


def test_ready__cache_refuses__is_503_naming_it(client):
    with override_settings(CACHE_URL=f"redis://:hidden-word@127.0.0.1:{ports.free_port()}/0"):
        response = client.get("/health/ready")

    checks = response.json()["checks"]
    assert (response.status_code, response["Retry-After"]) == (503, "1")
    assert checks["cache"]["error"] == "unreachable"
    assert {checks["database"]["status"], checks["broker"]["status"]} == {"OK"}
    assert b"hidden-word" not in response.content


def test_ready__cache_frozen__answers_in_time_and_leaves_nothing_behind(client, valkey):
    server, process = valkey
    process.send_signal(signal.SIGSTOP)

    began = time.monotonic()
    with override_settings(CACHE_URL=f"{server.url}/0"):
        response = client.get("/health/ready")
    took = time.monotonic() - began
    _wait_for_probes()

    assert response.json()["checks"]["cache"] == {
        "status": "ERROR",
        "ms": pytest.approx(1000, abs=300),
        "error": "timeout",
    }
    assert took < 1.5
    assert not _probe_threads()


def test_ready__broker_frozen__names_the_broker(client, valkey, monkeypatch):
    server, process = valkey
    monkeypatch.setattr(readiness.current_app.conf, "broker_write_url", f"{server.url}/0")
    monkeypatch.setattr(readiness.current_app.conf, "broker_url", f"{server.url}/0")
    process.send_signal(signal.SIGSTOP)

    response = client.get("/health/ready")
    _wait_for_probes()

    assert response.json()["checks"]["broker"]["error"] == "timeout"
    assert response.json()["checks"]["cache"]["status"] == "OK"


def test_ready__frozen_and_asked_fifty_times__keeps_one_thread_for_it(client, valkey):
    server, process = valkey
    process.send_signal(signal.SIGSTOP)

    with override_settings(CACHE_URL=f"{server.url}/0"):
        callers = [threading.Thread(target=readiness.check_all) for _ in range(50)]
        for caller in callers:
            caller.start()
        most = max(len([t for t in _probe_threads() if t.name == "probe-cache"]) for _ in range(20))
        for caller in callers:
            caller.join()
        _wait_for_probes()

    assert most <= 1


def test_ready__database_that_never_answers__is_a_timeout(client, monkeypatch):
    """A listening socket that accepts and says nothing: what a stopped PostgreSQL looks like."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setitem(connections.settings["default"], "HOST", "127.0.0.1")
        monkeypatch.setitem(connections.settings["default"], "PORT", silent.getsockname()[1])

        response = client.get("/health/ready")
        _wait_for_probes()

    assert response.json()["checks"]["database"]["error"] == "timeout"


def test_ready__asked_often__leaves_no_connection(client):
    def connections():
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
            return cursor.fetchone()[0]

    client.get("/health/ready")
    _wait_for_probes()
    before = connections()

    for _ in range(10):
        client.get("/health/ready")
    _wait_for_probes()

    assert connections() <= before
