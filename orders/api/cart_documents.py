"""A cart as its shopper sees it; `cart_shapes` describes it in the schema."""

from decimal import Decimal
from typing import Any

from orders.carts.contents import Contents
from orders.carts.queries import Line
from orders.models import Cart
from orders.pricing.amounts import ZERO, QuotedLine
from orders.pricing.offers import name_of


def document(cart: Cart, contents: Contents) -> dict[str, Any]:
    quote = contents.quote
    priced = {line.sku: line for line in quote.lines}
    return {
        "id": cart.pk,
        "currency": cart.currency or None,
        "items": [_line(line, priced.get(line.sku)) for line in contents.lines],
        "subtotal": quote.subtotal,
        "discount": quote.discount,
        "total": quote.total,
        "voucher": _voucher(cart, contents),
        "order": cart.order.number if cart.order else None,
        "expires_at": cart.expires_at,
    }


def _line(line: Line, priced: QuotedLine | None) -> dict[str, Any]:
    return {
        "sku": line.sku,
        "name": name_of(line.variant) if line.variant else line.name,
        "product": line.product,
        "quantity": line.quantity,
        "unit_price": line.variant.price if line.variant else None,
        "total": priced.total if priced else ZERO,
        "discount": priced.discount if priced else ZERO,
        "availability": _availability(line),
        "available": max(0, line.variant.available) if line.variant else 0,
        "price_changed": _price_change(line),
    }


def _price_change(line: Line) -> dict[str, Decimal] | None:
    if line.variant is None or line.variant.price == line.price_when_added:
        return None
    return {"from": line.price_when_added, "to": line.variant.price}


def _availability(line: Line) -> str:
    if line.variant is None:
        return "not_for_sale"
    if line.variant.available >= line.quantity:
        return "in_stock"
    return "short" if line.variant.available > 0 else "sold_out"


def _voucher(cart: Cart, contents: Contents) -> dict[str, Any] | None:
    if cart.voucher is None:
        return None
    problem = contents.voucher_problem
    told = {"code": problem.code, "detail": problem.detail} if problem else None
    return {"code": cart.voucher.code, "problem": told}
