from collections import Counter
from decimal import Decimal

import pytest

from demo import articles, history, source


@pytest.fixture(scope="module")
def lines():
    return source.read_lines()


@pytest.fixture(scope="module")
def products(lines):
    return articles.products(lines)


@pytest.fixture(scope="module")
def orders(lines, products):
    return history.orders(lines, articles.skus(products))


def test_read_lines__whole_file__every_line_and_nothing_lost(lines):
    counted = (len(lines), len({line.order_id for line in lines}), len({line.product_id for line in lines}))

    assert counted == (9_994, 5_009, 1_862)
    assert sum(line.sales for line in lines) == Decimal("2297200.8603")


def test_read_lines__postal_codes_without_leading_zero__five_digits(lines):
    lengths = Counter(len(line.postal_code) for line in lines)
    lowell = {line.postal_code for line in lines if line.city == "Lowell"}

    assert lengths == {5: 9_994}
    assert lowell == {"01852"}


def test_read_lines__non_breaking_doubled_and_trailing_spaces__single_ordinary_ones(lines):
    names = {line.name for line in lines}

    assert "Imation 16GB Mini TravelDrive USB 2.0 Flash Drive" in names
    assert all(name == name.strip() and "\xa0" not in name and "  " not in name for name in names)


def test_products__ids_with_two_names__one_product_with_two_variants(products):
    articles_per_product = Counter(len(product.articles) for product in products)
    clock = next(product for product in products if product.id == "FUR-FU-10004848")

    assert articles_per_product == {1: 1_830, 2: 32}
    assert [(a.sku, a.name, a.price) for a in clock.articles] == [
        (
            "FUR-FU-10004848",
            'Howard Miller 13-3/4" Diameter Brushed Chrome Round Wall Clock',
            Decimal("51.75"),
        ),
        ("FUR-FU-10004848-2", "DAX Solid Wood Frames", Decimal("9.77")),
    ]


def test_products__names_sold_equally_often__the_one_sold_first_names_the_product(lines, products):
    first_sold = {}
    for line in lines:
        first_sold.setdefault(line.product_id, line.name)
    xerox = next(product for product in products if product.id == "OFF-PA-10002377")

    assert xerox.name == first_sold[xerox.id]


def test_products__categories__three_with_seventeen_below(products):
    tree = {(product.category, product.subcategory) for product in products}

    assert (len({category for category, _ in tree}), len(tree)) == (3, 17)


def test_orders__same_article_twice__one_line_with_both_quantities(orders):
    order = next(order for order in orders if order.id == "CA-2016-129714")
    paper = [line for line in order.lines if line.sku == "OFF-PA-10001970"]

    assert [(line.quantity, line.unit_price, line.discount) for line in paper] == [(6, Decimal("12.28"), 0)]
    assert sum(len(order.lines) for order in orders) == 9_994 - 8


def test_orders__discounts__net_of_each_order_is_its_sales_to_the_cent(lines, orders):
    sales = Counter()
    for line in lines:
        sales[line.order_id] += line.sales

    furthest = max(abs(order.subtotal - order.discount - sales[order.id]) for order in orders)

    assert furthest <= Decimal("0.005") * max(len(order.lines) for order in orders)
    assert all(line.discount >= 0 for order in orders for line in order.lines)


def test_orders__moments__real_days_in_order_and_the_same_every_time(lines, products, orders):
    days = {line.order_id: (line.ordered_on, line.shipped_on) for line in lines}
    again = history.orders(lines, articles.skus(products))

    assert again == orders
    assert all((o.ordered_at.date(), o.shipped_at.date()) == days[o.id] for o in orders)
    assert all(o.ordered_at < o.shipped_at for o in orders)


def test_customers__whole_file__reserved_addresses_made_from_ids(orders):
    customers = history.customers(orders)

    assert len(customers) == len({customer.email for customer in customers}) == 793
    assert (
        history.Customer(id="CG-12520", name="Claire Gute", email="cg-12520@customers.shop.test") in customers
    )
