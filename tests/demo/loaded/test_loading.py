from datetime import date

import pytest
from django.db import connection
from django.db.models import Count, F, Q, Sum

from accounts.models import User
from catalog.models import Category, Listing, Product, StockEntry, StockLevel, Variant
from core.mail.models import Mail
from core.outbox.models import OutboxMessage
from demo import loading
from orders.models import Order, OrderEvent, OrderLine, Payment, Shipment, Status

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("demo")]


def _digests():
    tables = (
        User,
        Category,
        Product,
        Variant,
        Listing,
        Order,
        OrderLine,
        OrderEvent,
        Payment,
        Shipment,
        StockEntry,
    )
    with connection.cursor() as cursor:
        for table in tables:
            name = table._meta.db_table
            cursor.execute(f"SELECT md5(string_agg(t::text, '' ORDER BY t::text)) FROM {name} t")
            yield name, cursor.fetchone()[0]


def test_load__fresh_shop__everything_of_the_file(demo):
    counted = {
        "categories": Category.objects.count(),
        "customers": User.objects.filter(is_staff=False).count(),
        "products": Product.objects.count(),
        "variants": Variant.objects.count(),
        "orders": Order.objects.count(),
        "order lines": OrderLine.objects.count(),
    }

    assert counted == {
        "categories": 3 + 17,
        "customers": 793,
        "products": 1_862,
        "variants": 1_894,
        "orders": 5_009,
        "order lines": 9_986,
    }
    assert counted.items() <= demo.rows.items()


def test_load__second_time__changes_nothing(demo):
    before = dict(_digests())
    again = loading.load()

    assert not again.is_new
    assert dict(_digests()) == before


def test_load__history__delivered_on_the_real_days_with_ids_of_those_days(demo):
    order = Order.objects.get(payments__provider_reference="CA-2016-152156")
    timeline = list(order.timeline.order_by("at").values_list("to_status", flat=True))
    shipment = order.shipments.get()
    made_at_milliseconds = order.pk.int >> 80

    assert (order.created_at.date(), shipment.shipped_at.date()) == (date(2016, 11, 8), date(2016, 11, 11))
    assert timeline == [Status.PENDING, Status.PAID, Status.SHIPPED, Status.DELIVERED]
    assert made_at_milliseconds == int(order.created_at.timestamp() * 1000)
    assert (order.pk.version, order.email) == (7, "cg-12520@customers.shop.test")
    assert (order.shipping_method, order.shipping_address["region"]) == ("second-class", "Kentucky")


def test_load__amounts__lines_add_up_to_orders_and_payments(demo):
    orders = Order.objects.annotate(
        goods=Sum("lines__total"), less=Sum("lines__discount"), lines_count=Count("lines")
    )
    wrong = orders.exclude(subtotal=F("goods"), discount=F("less"), total=F("goods") - F("less"))
    unpaid = Order.objects.annotate(paid=Sum("payments__captured")).exclude(paid=F("total"))

    assert (wrong.count(), unpaid.count(), orders.filter(lines_count=0).count()) == (0, 0, 0)


def test_load__stock__received_minus_shipped_is_on_hand(demo):
    ledger = {
        row["variant"]: (row["on_hand"], row["reserved"])
        for row in StockEntry.objects.values("variant").annotate(
            on_hand=Sum("on_hand_change"), reserved=Sum("reserved_change")
        )
    }
    levels = {level.variant_id: (level.on_hand, level.reserved) for level in StockLevel.objects.all()}

    assert ledger == levels
    assert StockLevel.objects.filter(on_hand=0).exists()
    assert StockLevel.objects.filter(on_hand__gt=50).count() > 1_700


def test_load__read_model__every_product_is_listed_and_found(demo):
    listed = Listing.objects.count()
    in_stock = Listing.objects.filter(in_stock=True).count()
    found = Listing.objects.filter(search="bookcase").count()

    assert (listed, found > 30) == (1_862, True)
    assert 1_800 < in_stock < 1_862


def test_load__people__only_the_demo_log_ins_can_log_in(demo, settings):
    able = [user for user in User.objects.all() if user.has_usable_password()]
    alice = User.objects.get(email="alice@shop.test")

    assert {user.email for user in able} == {"admin@shop.test", "alice@shop.test"}
    assert alice.check_password(settings.DEMO_PASSWORD)
    assert (alice.name, alice.orders.count(), alice.is_staff) == ("Alice McCarthy", 5, False)
    assert User.objects.filter(Q(is_staff=True) | Q(is_superuser=True)).get().email == "admin@shop.test"


def test_load__history__sends_nothing(demo):
    assert not Mail.objects.exists()
    assert not OutboxMessage.objects.exclude(event="catalog.catalog_changed").exists()
