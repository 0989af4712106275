"""Migrations over rows, and over what an interrupted try has left."""

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from catalog.models import Reservation
from orders.models import ShippingMethod
from tests.factories.catalog import VariantFactory
from tests.factories.orders import ShippingMethodFactory

pytestmark = pytest.mark.django_db(transaction=True)


def _migrate(app, name):
    MigrationExecutor(connection).migrate([(app, name)])


def _sql(statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else None


@pytest.fixture
def before():
    """Migrate back; at the end all is migrated again."""
    apps = []

    def run(app, name):
        apps.append(app)
        _migrate(app, name)

    yield run
    executor = MigrationExecutor(connection)
    executor.migrate([leaf for leaf in executor.loader.graph.leaf_nodes() if leaf[0] in apps])


def test_sku_once_on_offer__interrupted_before__is_made_anew(before):
    before("catalog", "0003_prices_fit_currency")
    timeout = _sql("SHOW lock_timeout")
    _sql("CREATE INDEX variant_sku_once_on_offer ON catalog_variant (name)")  # as far as it had come

    _migrate("catalog", "0004_sku_once_on_offer")

    ((made,),) = _sql("SELECT indexdef FROM pg_indexes WHERE indexname = 'variant_sku_once_on_offer'")
    assert made.startswith("CREATE UNIQUE INDEX")
    assert _sql("SHOW lock_timeout") == timeout != [("0",)]


@pytest.mark.parametrize(
    ("written", "currency", "is_active"), [("usd", "USD", True), ("€", "XXX", False), ("EUR", "EUR", True)]
)
def test_shipping_currency__written_otherwise__is_one_afterwards(before, written, currency, is_active):
    before("orders", "0011_shipment_location")
    method = ShippingMethodFactory(currency=written)

    _migrate("orders", "0012_shipping_currency")

    found = ShippingMethod.objects.get(pk=method.pk)
    assert (found.currency, found.is_active) == (currency, is_active)


def test_reservation__code_of_before_writes_when_it_ends__is_held():
    level = VariantFactory(stock=1).stock_levels.get()

    _sql(
        "INSERT INTO catalog_reservation (owner, variant_id, location_id, quantity, expires_at, created_at) "
        f"VALUES (gen_random_uuid(), '{level.variant_id}', {level.location_id}, 1, now(), now())"
    )

    assert Reservation.objects.get().quantity == 1
