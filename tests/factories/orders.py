from decimal import Decimal
from typing import Any

import factory
from factory.django import DjangoModelFactory

from orders.checkout import numbers
from orders.checkout.guests import token_hash
from orders.models import Order, OrderEvent, OrderLine, Payment, ShippingMethod, Status, TaxRule, Voucher
from tests.factories.accounts import UserFactory
from tests.factories.catalog import CREATED_AT, VariantFactory

ADDRESS = {
    "name": "Alice Example",
    "line1": "1 Long Lane",
    "city": "London",
    "postal_code": "SE1 4PG",
    "country": "GB",
}


class OrderFactory(DjangoModelFactory):
    """A pending order of a customer over 24.90 with one line. Trait: `guest` (its token is "guest-token")."""

    class Meta:
        model = Order
        skip_postgeneration_save = True

    class Params:
        guest = factory.Trait(customer=None, email="guest@shop.test", token_hash=token_hash("guest-token"))

    number = factory.LazyFunction(numbers.new_number)
    customer = factory.SubFactory(UserFactory)
    email = factory.LazyAttribute(lambda o: o.customer.email)
    status = Status.PENDING
    currency = "USD"
    subtotal = Decimal("20.00")
    shipping = Decimal("4.90")
    total = factory.LazyAttribute(lambda o: o.subtotal + o.shipping)
    shipping_address = factory.LazyFunction(lambda: dict(ADDRESS))
    shipping_method = "standard"
    line = factory.RelatedFactory("tests.factories.orders.OrderLineFactory", factory_related_name="order")

    @factory.post_generation
    def timeline(self, create: bool, extracted: Any, **kwargs: Any) -> None:
        OrderEvent.objects.create(order=self, to_status=self.status, actor="customer", at=self.created_at)


class OrderLineFactory(DjangoModelFactory):
    class Meta:
        model = OrderLine

    order = factory.SubFactory(OrderFactory, line=None)
    variant = factory.SubFactory(VariantFactory)
    sku = factory.LazyAttribute(lambda o: o.variant.sku)
    name = "A thing"
    unit_price = Decimal("10.00")
    quantity = 2
    total = factory.LazyAttribute(lambda o: o.unit_price * o.quantity)


class PaymentFactory(DjangoModelFactory):
    class Meta:
        model = Payment

    order = factory.SubFactory(OrderFactory)
    gateway = "sandbox"
    token = "tok_ok"
    amount = factory.LazyAttribute(lambda o: o.order.total)
    currency = "USD"
    idempotency_key = factory.LazyAttribute(lambda o: f"{o.order.pk}:payment:1")


class ShippingMethodFactory(DjangoModelFactory):
    class Meta:
        model = ShippingMethod
        django_get_or_create = ("code",)

    code = "standard"
    name = factory.LazyAttribute(lambda o: o.code.title())
    price = Decimal("4.90")
    currency = "USD"


class TaxRuleFactory(DjangoModelFactory):
    class Meta:
        model = TaxRule
        django_get_or_create = ("country", "region")

    country = "GB"
    region = ""
    rate = Decimal(20)
    inclusive = True


class VoucherFactory(DjangoModelFactory):
    """10 % off everything, without limits, since the beginning of the year."""

    class Meta:
        model = Voucher
        skip_postgeneration_save = True

    code = factory.Sequence(lambda n: f"SAVE{n}")
    kind = Voucher.Kind.PERCENTAGE
    value = Decimal(10)
    starts_at = CREATED_AT

    @factory.post_generation
    def categories(self, create: bool, extracted: Any, **kwargs: Any) -> None:
        self.categories.set(extracted or [])
