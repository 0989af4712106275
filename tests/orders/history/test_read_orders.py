from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from orders.models import Shipment
from tests.factories.orders import OrderFactory, PaymentFactory, VoucherFactory

pytestmark = pytest.mark.django_db
ORDERS = "/api/v1/orders"
NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


def _results(response):
    assert response.status_code == 200, response.content
    return response.json()["results"]


def _queries(call):
    with CaptureQueriesContext(connection) as captured:
        call()
    return len(captured)


def test_list__two_customers__each_sees_their_own_newest_first(alice, charlie):
    older = OrderFactory(customer=alice.user, created_at=NOON)
    newer = OrderFactory(customer=alice.user, created_at=NOON + timedelta(days=1))
    OrderFactory(customer=charlie.user)
    OrderFactory(guest=True)

    assert [order["number"] for order in _results(alice.get(ORDERS))] == [newer.number, older.number]


def test_list__anonymous__is_401(guest):
    assert guest.get(ORDERS).status_code == 401


def test_list__one_order__is_a_summary(alice):
    order = OrderFactory(customer=alice.user, created_at=NOON)

    assert _results(alice.get(ORDERS)) == [
        {
            "id": str(order.pk),
            "number": order.number,
            "status": "pending",
            "currency": "USD",
            "subtotal": "20.00",
            "discount": "0.00",
            "shipping": "4.90",
            "tax": "0.00",
            "tax_included": False,
            "total": "24.90",
            "created_at": "2026-11-01T12:00:00Z",
        }
    ]


def test_list__by_status__is_filtered(alice):
    OrderFactory(customer=alice.user)
    paid = OrderFactory(customer=alice.user, status="paid")

    assert [order["number"] for order in _results(alice.get(f"{ORDERS}?status=paid"))] == [paid.number]


@pytest.mark.parametrize("query", ["status=lost", "state=paid", "ordering=total", "page_size=0", "cursor=x"])
def test_list__filter_or_order_that_does_not_exist__is_400(alice, query):
    response = alice.get(f"{ORDERS}?{query}")

    assert response.status_code == 400
    assert response.json()["errors"][0]["field"] == query.split("=")[0]


def test_list__many_orders_of_one_moment__pages_show_each_once(alice):
    numbers = {OrderFactory(customer=alice.user, created_at=NOON).number for _ in range(5)}

    seen, url = [], f"{ORDERS}?page_size=2"
    while url:
        page = alice.get(url).json()
        seen += [order["number"] for order in page["results"]]
        url = page["next"]

    assert len(seen) == 5
    assert set(seen) == numbers


def test_list__two_sizes__same_number_of_queries(alice):
    OrderFactory(customer=alice.user)
    few = _queries(lambda: alice.get(ORDERS))
    OrderFactory.create_batch(8, customer=alice.user)

    assert (few, _queries(lambda: alice.get(ORDERS))) == (1, 1)


def test_detail__own_order__shows_lines_address_and_shipments(alice):
    order = OrderFactory(customer=alice.user, status="shipped")
    Shipment.objects.create(
        order=order,
        carrier="sandbox",
        tracking_number="SBX1",
        status="shipped",
        shipped_at=NOON.replace(microsecond=120_000),
        lines=[{"sku": "A", "quantity": 2}],
        idempotency_key="k",
    )

    document = alice.get(f"{ORDERS}/{order.number}").json()

    assert (document["number"], document["status"], document["email"]) == (
        order.number,
        "shipped",
        order.email,
    )
    assert document["shipping_address"] == order.shipping_address
    line = order.lines.get()
    assert document["lines"] == [
        {
            "sku": line.sku,
            "name": line.name,
            "unit_price": "10.00",
            "quantity": 2,
            "total": "20.00",
            "discount": "0.00",
            "tax": "0.00",
        }
    ]
    assert document["shipments"] == [
        {
            "carrier": "sandbox",
            "tracking_number": "SBX1",
            "status": "shipped",
            "lines": [{"sku": "A", "quantity": 2}],
            "shipped_at": "2026-11-01T12:00:00.120000Z",
        }
    ]
    assert not {"customer_id", "token_hash"} & set(document)


def _refund(payment, *amounts):
    for amount in amounts:
        payment.order.refunds.create(
            payment=payment,
            amount=Decimal(amount),
            actor="staff:bob@shop.test",
            reason="Between us",
            lines=[{"sku": "A", "quantity": 1}],
            idempotency_key=f"refund:{payment.order_id}:{amount}",
            created_at=NOON + timedelta(hours=amount),
        )


def test_detail__voucher_and_refunds__are_shown_without_what_staff_wrote(alice):
    order = OrderFactory(customer=alice.user, status="partially_refunded")
    payment = PaymentFactory(order=order, status="captured", captured=20, refunded=4, promised=7)
    _refund(payment, 4, 3)
    order.refunds.filter(amount=4).update(status="succeeded", settled_at=NOON)
    voucher = VoucherFactory(code="SAVE10")
    order.voucher_uses.create(voucher=voucher, customer_key="x")

    answer = alice.get(f"{ORDERS}/{order.number}")
    document = answer.json()

    assert (document["voucher"], document["refunded"]) == ("SAVE10", "4.00")
    lines = [{"sku": "A", "quantity": 1}]
    assert document["refunds"] == [
        {
            "amount": "3.00",
            "status": "pending",
            "lines": lines,
            "created_at": "2026-11-01T15:00:00Z",
            "settled_at": None,
        },
        {
            "amount": "4.00",
            "status": "succeeded",
            "lines": lines,
            "created_at": "2026-11-01T16:00:00Z",
            "settled_at": "2026-11-01T12:00:00Z",
        },
    ]
    assert not any(secret in answer.content for secret in (b"bob@", b"Between us"))


def test_detail__neither_voucher_nor_payment__says_so(alice):
    order = OrderFactory(customer=alice.user)

    document = alice.get(f"{ORDERS}/{order.number}").json()

    assert (document["voucher"], document["refunded"], document["refunds"]) == (None, "0.00", [])


def test_detail__cancelled_after_payment__shows_what_was_refunded(alice):
    order = OrderFactory(customer=alice.user, status="refunded")
    PaymentFactory(order=order, status="declined")
    PaymentFactory(order=order, status="refunded", captured=20, refunded=20, idempotency_key="second")

    assert alice.get(f"{ORDERS}/{order.number}").json()["refunded"] == "20.00"
    assert alice.get(f"{ORDERS}/{order.number}").json()["number"] == order.number


def test_detail__two_sizes__same_number_of_queries(alice, guest, body):
    small, large = OrderFactory(customer=alice.user), OrderFactory(customer=alice.user)
    for number in range(5):
        large.lines.create(
            variant=large.lines.get(sku=large.lines.first().sku).variant,
            sku=f"S{number}",
            name="x",
            unit_price=Decimal(1),
            quantity=1,
            total=Decimal(1),
        )
    _refund(PaymentFactory(order=large, captured=20, promised=5, status="captured"), *range(1, 6))

    counts = [_queries(lambda n=order.number: alice.get(f"{ORDERS}/{n}")) for order in (small, large)]

    assert counts == [1, 1]


@pytest.mark.parametrize("path", ["", "/events"])
def test_detail__somebody_elses__is_404(alice, charlie, guest, path):
    order = OrderFactory(customer=alice.user)
    url = f"{ORDERS}/{order.number}{path}"

    assert alice.get(url).status_code == 200
    assert [client.get(url).status_code for client in (charlie, guest)] == [404, 404]
    assert guest.get(url, headers={"X-Order-Token": "x"}).status_code == 404


@pytest.mark.parametrize("path", ["", "/events"])
def test_detail__guests_order__needs_its_token(guest, charlie, path):
    order = OrderFactory(guest=True)
    other = OrderFactory(guest=True, token_hash="0" * 64)
    url = f"{ORDERS}/{order.number}{path}"
    token = {"X-Order-Token": "guest-token"}

    assert guest.get(url, headers=token).status_code == 200
    assert charlie.get(url, headers=token).status_code == 200
    assert guest.get(url).status_code == 404
    assert guest.get(url, headers={"X-Order-Token": ""}).status_code == 404
    assert guest.get(f"{ORDERS}/{other.number}{path}", headers=token).status_code == 404


def test_detail__token_from_the_answer__opens_the_order(guest, body):
    placed = guest.order(body)

    document = guest.get(placed["Location"], headers={"X-Order-Token": placed.json()["token"]}).json()

    assert document["id"] == placed.json()["id"]
    assert "token" not in document


@pytest.mark.parametrize("number", ["S-2H4K9-7Q", "nonsense", "S-%00", "1"])
def test_detail__no_such_number__is_404(alice, number):
    response = alice.get(f"{ORDERS}/{number}")

    assert (response.status_code, response.json()["code"]) == (404, "not_found")


def test_detail__unchanged__is_304(alice):
    order = OrderFactory(customer=alice.user)
    url = f"{ORDERS}/{order.number}"
    etag = alice.get(url)["ETag"]

    assert alice.get(url, headers={"If-None-Match": etag}).status_code == 304


def test_events__placed_order__start_the_timeline(guest, body):
    placed = guest.order(body)
    token = {"X-Order-Token": placed.json()["token"]}

    events = _results(guest.get(f"{placed['Location']}/events", headers=token))

    assert events == [
        {
            "from_status": "",
            "to_status": "pending",
            "actor": "guest",
            "reason": "",
            "data": {},
            "at": placed.json()["created_at"],
        }
    ]


def test_events__unknown_parameter__is_400(alice):
    order = OrderFactory(customer=alice.user)

    assert alice.get(f"{ORDERS}/{order.number}/events?since=1").status_code == 400
