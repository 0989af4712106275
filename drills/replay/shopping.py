"""One shopper's visit: browse, perhaps register, order."""

from dataclasses import dataclass
from decimal import Decimal
from http import HTTPStatus
from typing import Any
from uuid import UUID

from drills.oracle import answers
from drills.oracle.answers import AnswerLog
from drills.replay.http import Answer, NotAnswered, Shop
from drills.replay.plan import Shopper


class VisitFailed(Exception):
    """The shop answered something that a shopper cannot go on from."""


@dataclass(frozen=True, kw_only=True)
class Placed:
    """An order that the shop has acknowledged, and what was promised."""

    id: UUID
    number: str
    total: Decimal
    shopper: Shopper
    headers: dict[str, str]
    body: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Visit:
    """How it ended: with an order, or with the code of the refusal."""

    placed: Placed | None = None
    refused: str = ""


def visit(shop: Shop, shopper: Shopper, log: AnswerLog | None = None) -> Visit:
    """The order's answer is in `log`, on disk, before the shopper goes on.

    Raises VisitFailed for an answer that no shopper should get, NotAnswered when patience is over.
    """
    _browse(shop, shopper)
    headers = _log_in(shop, shopper) if shopper.registers else {}
    answer = _order(shop, shopper, headers)
    if log:
        log.write(_kept(answer, shopper))
    if answer.status == HTTPStatus.CREATED:
        return Visit(placed=_placed(answer.body, shopper, headers))
    if answer.status == HTTPStatus.CONFLICT and answer.code == "out_of_stock":
        return Visit(refused=answer.code)
    raise VisitFailed(_described("POST /orders", answer))


def _kept(answer: Answer, shopper: Shopper) -> answers.Answer:
    return answers.Answer(
        key=shopper.idempotency_key,
        email=shopper.email,
        status=answer.status,
        body=answer.text,
        is_replay=answer.is_replay,
    )


def log_in(shop: Shop, shopper: Shopper) -> dict[str, str]:
    """The headers of a registered shopper."""
    credentials = {"email": shopper.email, "password": shopper.password}
    answer = shop.call("POST /auth/login", body=credentials)
    _expect(answer, HTTPStatus.OK, "POST /auth/login")
    return {"Authorization": f"Bearer {answer.body['access']}"}


def _browse(shop: Shop, shopper: Shopper) -> None:
    for query in ({}, {"category": shopper.category_read}):
        _expect(shop.call("GET /products", query=query), HTTPStatus.OK, "GET /products")
    answer = shop.call("GET /products/{slug}", slug=shopper.product_read)
    _expect(answer, HTTPStatus.OK, f"GET /products/{shopper.product_read}")


def _log_in(shop: Shop, shopper: Shopper) -> dict[str, str]:
    """Empty where a rate limit refuses the account for longer than a shopper waits: a guest then."""
    profile = {"email": shopper.email, "password": shopper.password, "name": shopper.name}
    try:
        answer = shop.call("POST /auth/register", body=profile)
    except NotAnswered as put_off:
        if put_off.status != HTTPStatus.TOO_MANY_REQUESTS:
            raise
        return {}
    # After a lost answer the account may be there already.
    if answer.code != "email_taken":
        _expect(answer, HTTPStatus.CREATED, "POST /auth/register")
    return log_in(shop, shopper)


def _order(shop: Shop, shopper: Shopper, headers: dict[str, str]) -> Answer:
    body = {
        "items": [{"sku": sku, "quantity": quantity} for sku, quantity in shopper.items],
        "shipping_address": shopper.address,
        "payment": {"token": shopper.payment_token},
    }
    if not headers:
        body["email"] = shopper.email
    return shop.call(
        "POST /orders", body=body, headers=headers | {"Idempotency-Key": shopper.idempotency_key}
    )


def _placed(body: dict[str, Any], shopper: Shopper, headers: dict[str, str]) -> Placed:
    return Placed(
        id=UUID(body["id"]),
        number=body["number"],
        total=Decimal(body["total"]),
        shopper=shopper,
        headers=headers or {"X-Order-Token": body["token"]},
        body=body,
    )


def _expect(answer: Answer, status: HTTPStatus, route: str) -> None:
    if answer.status != status:
        raise VisitFailed(_described(route, answer))


def _described(route: str, answer: Answer) -> str:
    detail = answer.body.get("detail", "") if isinstance(answer.body, dict) else ""
    return f"{route}: {answer.status} {answer.code} {detail}".strip()
