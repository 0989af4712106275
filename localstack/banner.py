"""What a newcomer needs to see once everything runs; no line is wider than a terminal of 80 columns."""

import contextlib
import json
import urllib.request
from collections.abc import Mapping
from typing import Any

from localstack.ports import HOST

BANNER = """
  The shop is open.

    API            {base}/
    Documentation  {base}/api/docs
    Admin          {base}/admin/
    Mail inbox     {base}/dev/mail

    Staff          admin@shop.test
    Customer       alice@shop.test
    Password       {password}

  Place an order, then open the mail inbox:

    curl {base}/api/v1/orders \\
      -H 'Content-Type: application/json' -d '{{
      "items": [{{"quantity": 1, "sku":
        {sku}}}],
      "email": "you@example.com",
      "shipping_address": {{"name": "You", "line1": "1 Main Street",
        "city": "Springfield", "postal_code": "12345", "country": "US"}},
      "payment": {{"token": "tok_ok"}}}}'

  This again: make card.  Logs: make logs (.local/logs).  Stop: Ctrl-C.
"""


def address(port: int) -> str:
    return f"http://localhost:{port}"


def banner(port: int, environment: Mapping[str, str]) -> str:
    sku = json.dumps(_any_sku(port))
    return BANNER.format(base=address(port), password=environment["DEMO_PASSWORD"], sku=sku)


def _any_sku(port: int) -> str:
    """A SKU of the catalogue that is in stock, as the API shows it; a placeholder where it does not."""
    with contextlib.suppress(OSError, StopIteration):
        (product,) = _get(port, "/api/v1/products?in_stock=true&page_size=1")["results"] or [None]
        if product:
            variants = _get(port, f"/api/v1/products/{product['slug']}")["variants"]
            return str(next(variant["sku"] for variant in variants if variant["available"] > 0))
    return "SKU"


def _get(port: int, path: str) -> Any:
    with urllib.request.urlopen(f"http://{HOST}:{port}{path}", timeout=10) as answer:
        return json.load(answer)
