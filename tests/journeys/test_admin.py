"""Staff at work, in a real browser."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from tests.journeys import shopper

CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
pytestmark = pytest.mark.skipif(
    not CHROMIUM.exists() and not os.environ.get("CI"),
    reason="no Chromium here (CHROMIUM names another place)",
)
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-sync",
    "--no-first-run",
)


@pytest.fixture(scope="module")
def page(stack) -> Iterator[Page]:
    """The admin, logged in; a message of the page's console fails the test that follows."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=list(QUIET))
        tab = browser.new_page()
        tab.goto(f"{stack.url}/admin/")
        tab.fill("[name=username]", "admin@shop.test")
        tab.fill("[name=password]", "demo-Pa55word")
        tab.press("[name=password]", "Enter")
        tab.wait_for_selector("text=Site administration")
        yield tab
        browser.close()


def test_admin__order_page__shows_lines_payment_shipment_and_timeline(stack, page):
    placed = shopper.place(stack, shopper.any_sku(stack)).json()
    shopper.follow(stack, placed)

    page.goto(f"{stack.url}/admin/orders/order/?q={placed['number']}")
    page.get_by_role("link", name=placed["number"]).click()

    content = page.locator("body")
    expect(content).to_contain_text(placed["lines"][0]["sku"])
    expect(content).to_contain_text("captured")
    expect(content).to_contain_text("shipped")


@pytest.mark.parametrize(
    "path",
    [
        "accounts/user",
        "accounts/session",
        "catalog/category",
        "catalog/product",
        "catalog/stocklevel",
        "catalog/stockentry",
        "core/mail",
        "core/outboxmessage",
        "orders/cart",
        "orders/ledgercheck",
        "orders/order",
        "orders/payment",
        "orders/providerevent",
        "orders/shipment",
        "orders/shippingmethod",
        "orders/taxrule",
        "orders/voucher",
        "todos/todo",
    ],
)
def test_admin__list_of_each_model__opens_and_searches(stack, page, path):
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))

    opened = page.goto(f"{stack.url}/admin/{path}/?q=a")

    assert opened.status == 200
    assert errors == []
