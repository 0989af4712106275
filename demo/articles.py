"""What the shop of the file sold.

32 product ids stand for two different articles each, with different names and prices. An id is one
product: the article sold on more lines (on a tie the one sold first) names it, the other is its second
variant, under its own name, price and SKU. So no line of history changes its name or price.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from statistics import median

from django.utils.text import slugify

from demo.source import Line

CENT = Decimal("0.01")
SECOND_ARTICLE = "-2"


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """Something that can be bought: a variant. The first of a product is the one it is named after."""

    sku: str
    name: str
    price: Decimal
    units_sold: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """One product id of the file, with one or two articles."""

    id: str
    slug: str
    category: str
    subcategory: str
    first_sold_on: date
    articles: tuple[Article, ...]

    @property
    def name(self) -> str:
        return self.articles[0].name

    @property
    def category_slug(self) -> str:
        return slugify(self.subcategory)


def products(lines: Iterable[Line]) -> list[Product]:
    """Every product of the lines. A slug is made of the name, and of the id too where names repeat."""
    by_id: dict[str, list[Line]] = defaultdict(list)
    for line in lines:
        by_id[line.product_id].append(line)
    found = [_product(sold) for sold in by_id.values()]
    uses = Counter(product.slug for product in found)
    return [p if uses[p.slug] == 1 else replace(p, slug=f"{p.slug}-{p.id.lower()}") for p in found]


def skus(catalogue: Iterable[Product]) -> dict[tuple[str, str], str]:
    """The SKU of a line, by its product id and name."""
    return {(p.id, article.name): article.sku for p in catalogue for article in p.articles}


def cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, ROUND_HALF_UP)


def _product(sold: Sequence[Line]) -> Product:
    by_name: dict[str, list[Line]] = defaultdict(list)
    for line in sold:
        by_name[line.name].append(line)
    # Sorting is stable: on a tie the name seen first stays first.
    most_sold_first = sorted(by_name.values(), key=len, reverse=True)
    articles = tuple(_article(lines, rank) for rank, lines in enumerate(most_sold_first))
    return Product(
        id=sold[0].product_id,
        slug=slugify(articles[0].name),
        category=sold[0].category,
        subcategory=sold[0].subcategory,
        first_sold_on=min(line.ordered_on for line in sold),
        articles=articles,
    )


def _article(sold: Sequence[Line], rank: int) -> Article:
    return Article(
        sku=sold[0].product_id + (SECOND_ARTICLE if rank else ""),
        name=sold[0].name,
        price=cents(median(line.list_price for line in sold)),
        units_sold=sum(line.quantity for line in sold),
    )
