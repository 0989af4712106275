"""What a newcomer needs to see once everything runs."""

import contextlib
import json
import urllib.request
from collections.abc import Mapping
from typing import Any

from localstack.ports import HOST

BANNER = """
  The shop is open.

    API         {base}/            documentation  {base}/api/docs
    Admin       {base}/admin/      mail inbox     {base}/dev/mail

    Log-ins     admin@shop.test (staff), alice@shop.test (customer), password {password}

  Place an order, then open the mail inbox:

    {curl}

  Logs: .local/logs.  Stop: Ctrl-C.
"""


def banner(port: int, environment: Mapping[str, str]) -> str:
    base = f"http://localhost:{port}"
    return BANNER.format(base=base, password=environment["DEMO_PASSWORD"], curl=_order(base, _any_sku(port)))


def _order(base: str, sku: str) -> str:
    address = {
        "name": "You",
        "line1": "1 Main Street",
        "city": "Springfield",
        "postal_code": "12345",
        "country": "US",
    }
    order = {
        "items": [{"sku": sku, "quantity": 1}],
        "email": "you@example.com",
        "shipping_address": address,
        "payment": {"token": "tok_ok"},
    }
    return f"curl {base}/api/v1/orders -H 'Content-Type: application/json' \\\n      -d '{json.dumps(order)}'"


def _any_sku(port: int) -> str:
    """A SKU of the catalogue that is in stock, as the API shows it; a placeholder where it does not."""
    with contextlib.suppress(OSError):
        products = _get(port, "/api/v1/products?in_stock=true&page_size=1")["results"]
        for product in products:
            variants = _get(port, f"/api/v1/products/{product['slug']}")["variants"]
            return next(variant["sku"] for variant in variants if variant["available"] > 0)
    return "SKU"


def _get(port: int, path: str) -> Any:
    with urllib.request.urlopen(f"http://{HOST}:{port}{path}", timeout=10) as answer:
        return json.load(answer)
