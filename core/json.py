"""The one form that everything of ours has in JSON: answers, events, cached bytes."""

from decimal import Decimal
from typing import Any

import orjson
from django.utils.functional import Promise


def dumps(data: Any) -> bytes:
    """JSON in UTF-8: times in RFC 3339 with Z, UUIDs and decimals as strings."""
    return orjson.dumps(data, default=_default, option=orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS)


def _default(value: Any) -> str:
    """Money as a decimal string, lazily translated text as text; anything else is a programming error."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, Promise):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no form in JSON")
