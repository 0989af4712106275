"""The client that sends orders by count, against a small server, and holding programs still."""

import json
import subprocess
import sys
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import psutil
import pytest

from benchmarks.load.request import MARK, post
from benchmarks.load.sending import send
from benchmarks.suites.orders.pausing import paused
from benchmarks.suites.orders.shop import OrderShop
from tests.stack import eventually


class _Answering(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.received.append((body["email"], self.headers["Idempotency-Key"]))
        self.send_response(201 if body["is_wanted"] else 409)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args):
        """Not into the test's output."""


@pytest.fixture
def server():
    with ThreadingHTTPServer(("127.0.0.1", 0), _Answering) as running:
        running.received = []
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield running
        running.shutdown()
        thread.join()


@pytest.fixture
def sleeper():
    with subprocess.Popen(
        [sys.executable, "-c", "input()"], stdin=subprocess.PIPE, start_new_session=True
    ) as one:
        yield psutil.Process(one.pid)
        one.kill()


def order(*, is_wanted):
    return post("/orders", {"email": f"{MARK}@x.test", "is_wanted": is_wanted}, {"Idempotency-Key": MARK})


@pytest.mark.parametrize("rate", [None, 1000])
def test_send__every_other_order_refused__counts_both(server, rate):
    side = OrderShop(f"http://127.0.0.1:{server.server_port}")

    sent = send(side, [order(is_wanted=True), order(is_wanted=False)], count=10, rate=rate)

    assert (sent.accepted, sent.refused) == (5, Counter({"status 409": 5}))
    assert len({email for email, _ in server.received}) == len({key for _, key in server.received}) == 10


def test_send__nobody_listens__names_the_error(server):
    side = OrderShop("http://127.0.0.1:1")

    sent = send(side, [order(is_wanted=True)], count=2)

    assert (sent.accepted, sent.refused) == (0, Counter({"ConnectionError": 2}))


def test_paused__error_in_the_block__lets_the_program_go_on(sleeper):
    with pytest.raises(ZeroDivisionError):
        _fail_while_paused(sleeper)

    assert eventually(lambda: sleeper.status() != psutil.STATUS_STOPPED)


def _fail_while_paused(process):
    with paused(process):
        assert eventually(lambda: process.status() == psutil.STATUS_STOPPED)
        raise ZeroDivisionError
