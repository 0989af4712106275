"""How numbers and times are written outside: one grammar each, for bodies, query strings, forms and commands.

Python's own parsers take far more than any schema says: digits of other scripts, `1_000`, `1e5`, `NaN`,
week dates. Nothing that comes from outside is given to them before it fits here.
"""

import math
import re
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal

MAX_DECIMAL = 1000  # characters of a decimal number, before its value is looked at

MAX_ID = 2**63 - 1  # of a row, in a column of eight bytes
_WHOLE, _DECIMAL = re.compile(r"-?[0-9]+"), re.compile(r"-?[0-9]+(\.[0-9]+)?")
_MOMENT = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})T([0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,100})?)(Z|[+-][0-9]{2}:[0-9]{2})"
)


class Unreadable(ValueError):
    """The text is not written as the grammar has it, or is out of its range."""


def whole(text: str, *, minimum: int, maximum: int) -> int:
    """The whole number that `text` is, with no more digits than its bounds have. Raises Unreadable."""
    digits = max(len(str(abs(minimum))), len(str(abs(maximum))))
    if _WHOLE.fullmatch(text) is None or len(text.removeprefix("-")) > digits:
        raise Unreadable(text)
    number = int(text)
    if not minimum <= number <= maximum:
        raise Unreadable(text)
    return number


def decimal(text: str) -> Decimal:
    """The decimal number that `text` is, with every digit of it. Raises Unreadable."""
    if len(text) > MAX_DECIMAL or _DECIMAL.fullmatch(text) is None:
        raise Unreadable(text[:MAX_DECIMAL])
    return Decimal(text)


def moment(text: str) -> datetime:
    """The time that `text` is by RFC 3339, in UTC; digits behind the microseconds are left out.

    Raises Unreadable, or OverflowError where the time in UTC is outside the years 1 to 9999.
    """
    found = _MOMENT.fullmatch(text.upper()) if text.isascii() else None
    if found is None:
        raise Unreadable(text)
    day, clock, offset = found.groups()
    try:
        return datetime.fromisoformat(f"{day}T{clock}{offset}").astimezone(UTC)
    except ValueError as error:  # the 30th of February, 25 o'clock, a leap second
        raise Unreadable(text) from error


def whole_between(minimum: int, maximum: int) -> Callable[[str], int]:
    """For the `type` of a command's argument. argparse tells a ValueError by the function's name."""

    def whole_number(text: str) -> int:
        return whole(text, minimum=minimum, maximum=maximum)

    return whole_number


def seconds(text: str) -> float:
    """For the `type` of a command's argument: a decimal number from 0 on. Raises Unreadable."""
    number = float(decimal(text))
    if not 0 <= number < math.inf:
        raise Unreadable(text)
    return number


def positive_number(text: str) -> float:
    """For the `type` of a command's argument: a decimal number above 0. Raises Unreadable."""
    number = seconds(text)
    if number == 0:
        raise Unreadable(text)
    return number
