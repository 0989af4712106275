"""A storefront on another origin, in a real browser: every call is its page's own `fetch`."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Page, sync_playwright

from tests.journeys import shopper
from tests.journeys.test_admin import CHROMIUM, QUIET, pytestmark  # noqa: F401 - skipped where there is none
from tests.stack import any_order

FETCH = """async ([url, method, headers, body]) => {
    const answer = await fetch(url, {method, headers, body});
    const read = Object.fromEntries([...answer.headers]);
    return {status: answer.status, headers: read, body: await answer.text()};
}"""


class Storefront(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = b"<!doctype html><title>A storefront</title>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def page(stack) -> Iterator[Page]:
    server = ThreadingHTTPServer(("localhost", stack.storefront_port), Storefront)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=list(QUIET))
        tab = browser.new_page()
        tab.goto(f"http://localhost:{stack.storefront_port}/")
        yield tab
        browser.close()
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def fetch(stack, page) -> Any:
    def send(path: str, method: str = "GET", body: str | None = None, **headers: str) -> dict[str, Any]:
        sent = {"Content-Type": "application/json"} if body else {}
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        answer: dict[str, Any] = page.evaluate(FETCH, [f"{stack.url}{path}", method, sent | named, body])
        return answer

    return send


def _json(page: Page, answer: dict[str, Any]) -> Any:
    return page.evaluate("JSON.parse", answer["body"])


def test_storefront__guest_cart_order_with_key_and_its_status(stack, page, fetch):
    line = page.evaluate("JSON.stringify", {"items": [{"sku": shopper.any_sku(stack), "quantity": 1}]})
    order = {key: value for key, value in any_order("").items() if key != "items"}
    opened = fetch("/api/v1/carts", "POST", line)
    cart = _json(page, opened)
    body = page.evaluate("JSON.stringify", order | {"cart": cart["id"]})
    headers = {"Idempotency_Key": str(uuid4()), "X_Cart_Token": cart["token"]}

    seen = fetch(f"/api/v1/carts/{cart['id']}", X_Cart_Token=cart["token"])
    placed = fetch("/api/v1/orders", "POST", body, **headers)
    repeated = fetch("/api/v1/orders", "POST", body, **headers)
    token = _json(page, placed)["token"]
    status = fetch(placed["headers"]["location"], X_Order_Token=token)

    assert [answer["status"] for answer in (opened, seen, placed, status)] == [201, 200, 201, 200]
    assert repeated["headers"]["idempotent-replayed"] == "true"
    assert _json(page, status)["number"] == _json(page, placed)["number"]


def test_storefront__conditions_and_credentials__are_sent_and_problems_read(fetch):
    listed = fetch("/api/v1/products")

    again = fetch("/api/v1/products", If_None_Match=listed["headers"]["etag"])
    refused = fetch("/api/v1/todos/bulk", "POST", "{}", Authorization="Bearer none", If_Match='"x"')

    assert (again["status"], refused["status"]) == (304, 401)
    assert refused["headers"]["x-request-id"]
