"""What the attributes of products and variants may be: for the API and for the admin's forms."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError

MAX_NAMES, MAX_NAME_LENGTH, MAX_TEXT_LENGTH = 50, 50, 200
EXACT = 2**53  # from here on JSON's readers, JavaScript first among them, round whole numbers
EXPECTED = (
    f"Give at most {MAX_NAMES} names of at most {MAX_NAME_LENGTH} characters, each with a text of at most "
    f"{MAX_TEXT_LENGTH} characters, a number between -2^53 and 2^53, or true/false"
)


def check_attributes(value: Any) -> None:
    """A validator of Django's kind: names to short texts, numbers or booleans."""
    is_map = isinstance(value, Mapping) and len(value) <= MAX_NAMES
    if not is_map or not all(_fits(name, kept) for name, kept in value.items()):
        raise ValidationError(EXPECTED, code="attributes")


def _fits(name: str, value: Any) -> bool:
    if isinstance(value, str):
        is_kept = _is_text(value, MAX_TEXT_LENGTH)
    else:
        is_kept = isinstance(value, bool | int | float) and abs(value) < EXACT  # which NaN is not either
    return is_kept and bool(name) and _is_text(name, MAX_NAME_LENGTH)


def _is_text(text: str, longest: int) -> bool:
    """NUL and halves of surrogate pairs, which JSON can write, PostgreSQL cannot keep."""
    return len(text) <= longest and not any(c == "\0" or "\ud800" <= c <= "\udfff" for c in text)
