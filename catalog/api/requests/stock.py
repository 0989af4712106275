from typing import Annotated

from pydantic import AfterValidator

from catalog.api.requests.products import MAX_UNITS
from catalog.models import StockEntry
from core.http.bodies import RequestBody
from core.http.fields import NOT_GIVEN, SLUG, OneOf, Whole, fault, text

REASONS = tuple(r.value for r in StockEntry.Reason if r not in ("reserved", "released", "shipped"))


def _not_zero(change: int) -> int:
    if change == 0:
        raise fault("invalid", "Nothing would change")
    return change


class StockChangeRequest(RequestBody):
    location: Annotated[str, text(40), SLUG] = NOT_GIVEN
    change: Annotated[int, Whole(-MAX_UNITS, MAX_UNITS), AfterValidator(_not_zero)]
    reason: Annotated[str, OneOf(REASONS)]
