"""The replay's own parts, against a small HTTP server; tests/journeys replays against the whole shop."""

import json
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command

from demo import articles, history, source
from drills.replay import checking, ending, plan, promises, shopping
from drills.replay.ending import Ended
from drills.replay.http import NotAnswered, Shop
from drills.replay.shopping import Placed
from drills.replay.tally import Quantiles, Tally

PAID = "Your payment for order S-1 has arrived"
LINES = source.read_lines()
PRODUCTS = articles.products(LINES)
ORDERS = history.orders(LINES, articles.skus(PRODUCTS))


class ScriptedShop(ThreadingHTTPServer):
    """Answers with (status, headers, body) from `script` in turn; None closes the connection unanswered."""

    def __init__(self, *script):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.script = list(script)
        self.received = []

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def _answer(self):
        length = int(self.headers.get("Content-Length") or 0)
        self.server.received.append((self.command, self.path, dict(self.headers), self.rfile.read(length)))
        step = self.server.script.pop(0)
        if step is None:
            self.close_connection = True
            return
        status, headers, body = step
        payload = json.dumps(body).encode()
        self.send_response(status)
        for name, value in {
            "Content-Type": "application/json",
            "Content-Length": len(payload),
            **headers,
        }.items():
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(payload)

    def do_GET(self):
        self._answer()

    def do_POST(self):
        self._answer()

    def log_message(self, *args):
        """Quiet."""


@pytest.fixture
def scripted() -> Iterator[type]:
    running = []

    def start(*script):
        server = ScriptedShop(*script)
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        running.append((server, thread))
        return server

    yield start
    for server, thread in running:
        server.shutdown()
        thread.join()
        server.server_close()


def _shop(server, patience=10.0):
    return Shop(server.url, tally=Tally(), patience=patience)


def _draw(count=200, seed=1, run="run"):
    return plan.draw(ORDERS, PRODUCTS, count=count, seed=seed, run=run)


def test_quantiles__hundred_values__nearest_rank():
    found = Quantiles.of(float(value) for value in range(100, 0, -1))

    assert found == Quantiles(count=100, p50=50.0, p95=95.0, p99=99.0, max=100.0)
    assert Quantiles.of([]) is None


def test_draw__same_seed__same_shoppers_with_new_addresses_and_keys():
    first, again, other = _draw(), _draw(run="later"), _draw(seed=2)

    assert [shopper.items for shopper in first] == [shopper.items for shopper in again]
    assert [shopper.items for shopper in first] != [shopper.items for shopper in other]
    assert len({shopper.email for shopper in first + again}) == 400
    assert len({shopper.idempotency_key for shopper in first + again}) == 400


def test_draw__many__mixes_guests_customers_and_payment_tokens():
    shoppers = _draw(count=2_000)
    customers = sum(shopper.registers for shopper in shoppers)

    assert {shopper.payment_token for shopper in shoppers} == {token for token, _, _ in plan.PAYMENTS}
    assert 300 < customers < 500
    assert all(shopper.email.split("@")[0] not in shopper.password for shopper in shoppers)


def test_call__lost_put_off_then_answered__same_key_each_time_and_counted(scripted):
    server = scripted(
        None,
        (503, {"Retry-After": 0}, {"code": "unavailable"}),
        (429, {"Retry-After": 0}, {"code": "throttled"}),
        (201, {"Idempotent-Replayed": "true"}, {"number": "S-1"}),
    )
    shop = _shop(server)

    answer = shop.call("POST /orders", body={"items": []}, headers={"Idempotency-Key": "one"})

    assert (answer.status, answer.body) == (201, {"number": "S-1"})
    assert [headers["Idempotency-Key"] for _, _, headers, _ in server.received] == ["one"] * 4
    tally = shop.tally
    assert (tally.retried, tally.replayed, tally.limited) == (3, 1, 1)
    assert sum(tally.errors().values()) == 3
    assert tally.latencies()["POST /orders"].count == 1


def test_call__first_request_with_the_key_still_running__asks_again(scripted):
    server = scripted(
        (409, {"Retry-After": 0}, {"code": "idempotency_key_in_use"}), (201, {}, {"number": "S-1"})
    )

    answer = _shop(server).call("POST /orders", body={}, headers={"Idempotency-Key": "one"})

    assert answer.status == 201


def test_call__500_or_503_that_names_no_time__is_repeated_and_counted(scripted):
    server = scripted((500, {}, {}), (503, {}, {}), (503, {"Retry-After": 0}, {}), (200, {}, {}))
    shop = _shop(server)

    shop.call("GET /products")

    assert shop.tally.unsound() == ["1 x GET /products: 500", "1 x GET /products: 503 without Retry-After"]


def test_call__nobody_listens_then_connection_closed__distinguished(scripted):
    server = scripted(None)
    tally = Tally()
    for url in ("http://127.0.0.1:1", server.url):
        with pytest.raises(NotAnswered):
            Shop(url, tally=tally, patience=0).call("GET /products")

    assert set(tally.errors()) == {"GET /products: connection refused", "GET /products: connection lost"}


def test_call__put_off_for_longer_than_patience__gives_up_at_once(scripted):
    server = scripted((429, {"Retry-After": 3600}, {"code": "throttled"}))

    with pytest.raises(NotAnswered, match="429"):
        _shop(server, patience=60).call("POST /auth/register", body={})

    assert len(server.received) == 1


def test_visit__register_is_limited_for_an_hour__goes_on_as_guest(scripted):
    shopper = replace(_draw(count=1)[0], registers=True)
    placed = {"id": str(UUID(int=1)), "number": "S-1", "total": "5.00", "token": "secret"}
    page = (200, {}, {"results": []})
    server = scripted(page, page, page, (429, {"Retry-After": 3600}, {}), (201, {}, placed))

    visit = shopping.visit(_shop(server), shopper)

    assert visit.placed.headers == {"X-Order-Token": "secret"}
    assert json.loads(server.received[-1][3])["email"] == shopper.email


def test_visit__out_of_stock__is_a_refusal_and_no_failure(scripted):
    page = (200, {}, {"results": []})
    server = scripted(page, page, page, (409, {}, {"code": "out_of_stock"}))

    visit = shopping.visit(_shop(server), replace(_draw(count=1)[0], registers=False))

    assert (visit.placed, visit.refused) == (None, "out_of_stock")


def test_visit__unknown_sku__fails_with_what_the_shop_said(scripted):
    page = (200, {}, {"results": []})
    server = scripted(page, page, page, (400, {}, {"code": "unknown_sku", "detail": "Not for sale: X"}))

    with pytest.raises(shopping.VisitFailed, match="400 unknown_sku Not for sale: X"):
        shopping.visit(_shop(server), replace(_draw(count=1)[0], registers=False))


@pytest.fixture
def placed() -> Placed:
    shopper = replace(_draw(count=1)[0], items=(("A", 2),), payment_token="tok_ok", ends="shipped")
    line = {"sku": "A", "quantity": 2, "unit_price": "10.00"}
    body = {
        "subtotal": "20.00", "discount": "0.00", "shipping": "5.00", "tax": "1.00", "total": "26.00",
        "currency": "USD", "lines": [line], "created_at": "2026-01-01T00:00:00Z",
    }  # fmt: skip
    return Placed(
        id=UUID(int=1), number="S-1", total=Decimal("26.00"), shopper=shopper, headers={}, body=body
    )


def _ended(placed, **changes):
    parcel = {"shipped_at": "2026-01-01T00:00:02.500Z"}
    return Ended(placed=placed, body=placed.body | {"status": "shipped", "shipments": [parcel]} | changes)


def test_broken__as_promised__nothing(placed):
    ended = _ended(placed)

    assert promises.broken([placed], [ended]) == []
    assert ended.seconds_to_shipped == 2.5


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"status": "payment_failed"}, "is payment_failed, but tok_ok should end as shipped"),
        ({"total": "27.00"}, "total was 26.00 when placed and is 27.00"),
        ({"tax": "2.00"}, "total is 26.00, its parts make 27.00"),
        (
            {"lines": [{"sku": "A", "quantity": 1, "unit_price": "20.00"}]},
            "its lines are not what was ordered",
        ),
    ],
)
def test_broken__one_thing_differs__found(placed, changes, expected):
    assert f"S-1: {expected}" in promises.broken([placed], [_ended(placed, **changes)])


def test_broken__not_ended_or_one_number_twice__found(placed):
    assert promises.broken([placed], []) == ["1 orders did not end in time: S-1"]
    assert "S-1: one number for 2 orders" in promises.broken([placed, placed], [_ended(placed)])


def test_wait__open_then_shipped__asks_again_until_ended(scripted, placed):
    shipped = _ended(placed).body
    server = scripted((200, {}, shipped | {"status": "paid"}), (200, {}, shipped))

    ended = ending.wait(_shop(server), [placed], within=30)

    assert [each.status for each in ended] == ["shipped"]
    assert len(server.received) == 2


def test_wait__never_ended__ends_at_the_deadline_without_it(scripted, placed):
    server = scripted(*[(200, {}, {"status": "pending"})] * 100)

    assert ending.wait(_shop(server), [placed], within=0.2) == []


def _mail(placed, subject):
    return {"to": placed.shopper.email, "subject": subject}


@pytest.mark.parametrize(
    ("subjects", "expected"),
    [
        (["Your order S-1", PAID, "Your order S-1 is on its way"], []),
        (["Your order S-1", PAID, "Verify your address"], ["2 different mails in the inbox, should be 3"]),
        (["Your order S-1", PAID, PAID, "Your order S-1 is on its way"], ["2 mails called"]),
    ],
)
def test_check__inbox__each_fact_once(scripted, placed, subjects, expected):
    server = scripted((200, {}, [_mail(placed, subject) for subject in subjects]))

    verdict = checking.check(
        _shop(server), [placed], [_ended(placed)], database=checking.Database.OFF, within=0
    )

    assert len(verdict.discrepancies) == len(expected)
    assert all(text in sentence for text, sentence in zip(expected, verdict.discrepancies, strict=True))
    assert verdict.unchecked == ["the database (not asked for)"]


@pytest.mark.parametrize(("killed_workers", "expected"), [(1, 0), (0, 1)])
def test_check__same_mail_twice__is_one_repeat_that_only_a_killed_worker_explains(
    scripted, placed, killed_workers, expected
):
    subjects = ["Your order S-1", PAID, "Your order S-1 is on its way"]
    mails = [_mail(placed, subject) | {"id": subject} for subject in subjects]
    server = scripted((200, {}, [*mails, mails[1]]))

    verdict = checking.check(
        _shop(server),
        [placed],
        [_ended(placed)],
        database=checking.Database.OFF,
        within=0,
        repeats_allowed=killed_workers,
    )

    assert (verdict.mails, verdict.repeats, len(verdict.discrepancies)) == (3, 1, expected)


def test_check__shop_without_inbox__says_what_was_not_checked(scripted, placed):
    server = scripted((404, {}, {"code": "not_found"}))

    verdict = checking.check(
        _shop(server), [placed], [_ended(placed)], database=checking.Database.OFF, within=0
    )

    assert (verdict.discrepancies, verdict.mails) == ([], None)
    assert "mails over HTTP (no inbox at /dev/mail)" in verdict.unchecked


@pytest.mark.parametrize("option", ["--rate", "--every"])
@pytest.mark.parametrize("number", ["0", "-1", "nan", "inf", "x"])
def test_replay_orders__number_that_is_not_positive__is_refused(option, number):
    with pytest.raises(CommandError, match=option):
        call_command("replay_orders", option, number)
