"""The Superstore sales file, line by line, with what is wrong in it put right (docs/demo-data.md)."""

import csv
import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

FILE = Path(__file__).parent / "data" / "superstore.csv.gz"
POSTAL_CODE_DIGITS = 5  # the file lost leading zeros: 449 lines have four digits


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One sold line. `sales` is what was paid for all units, after the discount (a fraction), before tax."""

    order_id: str
    ordered_on: date
    shipped_on: date
    ship_mode: str
    customer_id: str
    customer_name: str
    city: str
    state: str
    postal_code: str
    product_id: str
    category: str
    subcategory: str
    name: str
    sales: Decimal
    quantity: int
    discount: Decimal

    @property
    def list_price(self) -> Decimal:
        """What one unit cost before the discount, not yet rounded to cents."""
        return self.sales / (self.quantity * (1 - self.discount))


def read_lines(path: Path = FILE) -> list[Line]:
    """Every line of the file, in its order."""
    return list(_lines(path))


def _lines(path: Path) -> Iterator[Line]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        yield from (_line(row) for row in csv.DictReader(file))


def _line(row: dict[str, str]) -> Line:
    return Line(
        order_id=row["Order ID"],
        ordered_on=date.fromisoformat(row["Order Date"]),
        shipped_on=date.fromisoformat(row["Ship Date"]),
        ship_mode=row["Ship Mode"],
        customer_id=row["Customer ID"],
        customer_name=_clean(row["Customer Name"]),
        city=_clean(row["City"]),
        state=row["State"],
        postal_code=row["Postal Code"].zfill(POSTAL_CODE_DIGITS),
        product_id=row["Product ID"],
        category=row["Category"],
        subcategory=row["Sub-Category"],
        name=_clean(row["Product Name"]),
        sales=Decimal(row["Sales"]),
        quantity=int(row["Quantity"]),
        discount=Decimal(row["Discount"]),
    )


def _clean(text: str) -> str:
    """Single ordinary spaces: the file has non-breaking, doubled and trailing ones."""
    return " ".join(text.split())
