"""The refusal to hold units that are not there."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.errors import Conflict, FieldError


@dataclass(frozen=True, kw_only=True)
class Shortage:
    """A line that cannot be filled."""

    sku: str
    requested: int
    available: int


class OutOfStock(Conflict):
    """`shortages` names every SKU that cannot be filled; nothing was reserved."""

    code = "out_of_stock"
    title = "Out of stock"

    def __init__(self, shortages: Sequence[Shortage]) -> None:
        self.shortages = tuple(sorted(shortages, key=lambda s: s.sku))
        super().__init__(
            "; ".join(_sentence(s) for s in self.shortages),
            errors=[
                FieldError(field=f"items[sku={s.sku}]", code=self.code, detail=_sentence(s))
                for s in self.shortages
            ],
        )


def _sentence(shortage: Shortage) -> str:
    return f"{shortage.sku}: {shortage.requested} requested, {shortage.available} available"
