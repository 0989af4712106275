from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders.pricing.amounts import (
    CENT,
    Discount,
    Item,
    ShippingRate,
    TaxRate,
    allocate,
    quote,
    tax_on,
)

ZERO = Decimal(0)


def cents(most):
    return st.integers(0, most).map(lambda n: Decimal(n) / 100)


def items(most=8):
    one = st.builds(
        Item, sku=st.text("ABCDEF", min_size=1), unit_price=cents(1_000_000), quantity=st.integers(1, 500)
    )
    return st.lists(one, min_size=1, max_size=most, unique_by=lambda item: item.sku)


shippings = st.builds(ShippingRate, price=cents(5_000), free_over=st.none() | cents(100_000))


def discounts_of(skus):
    """Any that the shop can give: an amount, a percentage, on all or on some items, shipping free or not."""
    return st.builds(
        Discount,
        amount=cents(10_000_000),
        percent=st.integers(0, 10_000).map(lambda n: Decimal(n) / 100),
        skus=st.none() | st.frozensets(skus),
        free_shipping=st.booleans(),
    )


discounts = discounts_of(st.text("ABCDEF", min_size=1))
taxes = st.builds(
    TaxRate, percent=st.integers(0, 30_000).map(lambda n: Decimal(n) / 1000), inclusive=st.booleans()
)


@given(items(), shippings, taxes, discounts)
def test_quote__any_order__adds_up_to_the_cent(basket, shipping, tax, discount):
    priced = quote(basket, shipping=shipping, tax=tax, discount=discount)

    on_top = ZERO if tax.inclusive else priced.tax
    assert priced.total == priced.subtotal - priced.discount + priced.shipping + on_top
    assert priced.subtotal == sum(line.total for line in priced.lines)
    assert priced.discount == sum(line.discount for line in priced.lines) <= priced.subtotal
    assert priced.tax == sum(line.tax for line in priced.lines) + tax_on(priced.shipping, tax)
    assert all(line.total == line.unit_price * line.quantity for line in priced.lines)


@given(items(), shippings, taxes, discounts)
def test_quote__any_order__is_never_negative_and_has_whole_cents(basket, shipping, tax, discount):
    priced = quote(basket, shipping=shipping, tax=tax, discount=discount)

    amounts = [priced.subtotal, priced.discount, priced.shipping, priced.tax, priced.total]
    amounts += [a for line in priced.lines for a in (line.total, line.discount, line.tax)]
    assert all(amount >= 0 and amount == amount.quantize(CENT) for amount in amounts)
    assert all(line.discount <= line.total for line in priced.lines)


@given(items(), shippings, taxes, discounts, st.randoms(use_true_random=False))
def test_quote__lines_in_another_order__same_amounts(basket, shipping, tax, discount, random):
    shuffled = random.sample(basket, len(basket))

    one = quote(basket, shipping=shipping, tax=tax, discount=discount)
    other = quote(shuffled, shipping=shipping, tax=tax, discount=discount)

    assert (one.subtotal, one.discount, one.shipping, one.tax, one.total) == (
        other.subtotal,
        other.discount,
        other.shipping,
        other.tax,
        other.total,
    )
    assert {line.sku: line for line in one.lines} == {line.sku: line for line in other.lines}


@pytest.mark.parametrize(
    ("amount", "tax", "expected"),
    [
        ("10.00", TaxRate(percent=Decimal(20), inclusive=False), "2.00"),
        ("12.00", TaxRate(percent=Decimal(20), inclusive=True), "2.00"),
        ("19.90", TaxRate(percent=Decimal(19), inclusive=True), "3.18"),
        ("0.10", TaxRate(percent=Decimal(5)), "0.01"),  # 0.005, half up
        ("0.50", TaxRate(percent=Decimal(5)), "0.03"),  # 0.025: banker's rounding would say 0.02
        ("10.00", TaxRate(), "0.00"),
    ],
)
def test_tax_on__examples__are_rounded_half_up(amount, tax, expected):
    assert tax_on(Decimal(amount), tax) == Decimal(expected)


@pytest.mark.parametrize(("goods", "expected"), [("49.99", "4.90"), ("50.00", "0.00")])
def test_quote__goods_reach_the_threshold__shipping_is_free(goods, expected):
    shipping = ShippingRate(price=Decimal("4.90"), free_over=Decimal(50))

    priced = quote([Item(sku="A", unit_price=Decimal(goods), quantity=1)], shipping=shipping, tax=TaxRate())

    assert priced.shipping == Decimal(expected)


def test_quote__discount_takes_goods_below_the_threshold__shipping_is_paid():
    shipping = ShippingRate(price=Decimal("4.90"), free_over=Decimal(50))

    priced = quote(
        [Item(sku="A", unit_price=Decimal(50), quantity=1)],
        shipping=shipping,
        tax=TaxRate(),
        discount=Discount(amount=Decimal("0.01")),
    )

    assert priced.shipping == Decimal("4.90")


def test_allocate__a_cent_that_cannot_be_split__goes_to_the_largest_remainder():
    shares = allocate(Decimal("1.00"), {"b": Decimal(1), "a": Decimal(1), "c": Decimal(1)})

    assert shares == {"a": Decimal("0.34"), "b": Decimal("0.33"), "c": Decimal("0.33")}


@given(items(), shippings, taxes, discounts, st.data())
def test_quote__discount_on_some_items__the_others_cost_what_they_did(basket, shipping, tax, discount, data):
    skus = data.draw(st.frozensets(st.sampled_from([item.sku for item in basket])))
    some = replace(discount, skus=skus)

    plain = quote(basket, shipping=shipping, tax=tax)
    priced = quote(basket, shipping=shipping, tax=tax, discount=some)

    counting = sum(line.total for line in priced.lines if line.sku in skus)
    percent = (counting * some.percent / 100).quantize(CENT, ROUND_HALF_UP)
    assert priced.discount == min(some.amount + percent, counting)
    assert {line for line in priced.lines if line.sku not in skus} == {
        line for line in plain.lines if line.sku not in skus
    }


@given(items(), shippings, taxes)
def test_quote__free_shipping__takes_the_shipping_and_nothing_else(basket, shipping, tax):
    plain = quote(basket, shipping=shipping, tax=tax)
    priced = quote(basket, shipping=shipping, tax=tax, discount=Discount(free_shipping=True))

    assert (priced.shipping, priced.discount, priced.subtotal) == (0, 0, plain.subtotal)
    assert priced.lines == plain.lines


@pytest.mark.parametrize(
    ("discount", "shares"),
    [
        (Discount(percent=Decimal(10)), ["1.00", "2.00"]),
        (Discount(percent=Decimal(10), skus=frozenset({"B"})), ["0.00", "2.00"]),
        (Discount(amount=Decimal("3.00")), ["1.00", "2.00"]),
        (Discount(amount=Decimal(999), skus=frozenset({"A"})), ["10.00", "0.00"]),
        (Discount(percent=Decimal(10), skus=frozenset()), ["0.00", "0.00"]),
    ],
)
def test_quote__examples_of_discounts__fall_on_the_items_that_count(discount, shares):
    basket = [
        Item(sku="A", unit_price=Decimal("10.00"), quantity=1),
        Item(sku="B", unit_price=Decimal("10.00"), quantity=2),
    ]

    priced = quote(basket, shipping=ShippingRate(), tax=TaxRate(), discount=discount)

    assert [line.discount for line in priced.lines] == [Decimal(share) for share in shares]
