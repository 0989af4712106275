"""The types that the fields of request bodies have: `name: Annotated[str, Line(100)]`.

Each reads one value of the parsed JSON, strictly: a number is a number, and text is text. What does not fit
is a fault with a code for programs and a sentence for people; `core.http.bodies` reports those of a body.
"""

import re
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, LiteralString
from uuid import UUID

from pydantic import Field, GetCoreSchemaHandler, GetJsonSchemaHandler, StringConstraints
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from core import emails, grammar
from core.countries import COUNTRIES
from core.money import CENT

MAX_SKU, MAX_EMAIL = 64, 254  # characters

MOMENT_EXPECTED = "Give a time in RFC 3339, e.g. 2031-01-31T12:00:00Z"

# The default of a field that may be left out, but not be null: `model_fields_set` says whether it was given.
NOT_GIVEN: Any = Field(default=None)

_SPACES = dict.fromkeys(
    map(ord, "\u00a0\u1680\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))), " "
)
_MARKS = dict.fromkeys(map(ord, "\u061c\u200c\u200d\u200e\u200f"))  # joiners and directions inside names


def fault(
    code: LiteralString, detail: str, *, below: tuple[int | str, ...] = (), beside: str = ""
) -> PydanticCustomError:
    """What a validator raises: the fault of its field, of a part `below` it, or of another `beside` it."""
    return PydanticCustomError(code, "{detail}", {"detail": detail, "below": below, "beside": beside})


def missing_or(value: Any, code: LiteralString, detail: str) -> PydanticCustomError:
    """The fault of a value that does not fit; null is taken for one that was left out."""
    return fault("required" if value is None else code, detail)


class _Read:
    """Metadata of a field that is read by a function of ours, `read`, and described by `json_schema`."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self.read)

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return self.json_schema()

    def read(self, value: Any) -> Any:
        raise NotImplementedError

    def json_schema(self) -> dict[str, Any]:
        raise NotImplementedError


@dataclass(frozen=True)
class Line(_Read):
    """A line of text in any script, stripped, its spaces plain ones. Where it is not required, null and the
    empty text both say that there is none.
    """

    max_length: int
    is_required: bool = field(default=True, kw_only=True)

    def read(self, value: Any) -> str | None:
        if value is None or value == "":
            if self.is_required:
                raise fault("required", "This is required")
            return None
        text = _plain(value) if isinstance(value, str) else ""
        if not text:
            raise fault("invalid", "Give a line of text")
        if len(text) > self.max_length:
            raise fault("max_length", f"At most {self.max_length} characters")
        return text

    def json_schema(self) -> dict[str, Any]:
        kind = "string" if self.is_required else ["string", "null"]
        return {"type": kind, "minLength": 1, "maxLength": self.max_length}


def _plain(text: str) -> str:
    """Stripped, with the spaces of any script as plain ones; empty where it is not a line of text."""
    if not text.isascii():
        text = text.translate(_SPACES)
    text = text.strip()
    shown = text if text.isascii() else text.translate(_MARKS)
    return text if shown.strip() and shown.isprintable() else ""


class _EmailLine(Line):
    """An address that a mail server can take, in the one spelling that it is stored in."""

    def read(self, value: Any) -> str | None:
        line = super().read(value)
        try:
            return line and emails.normalised(line)
        except emails.NotAnAddress as error:
            raise fault("invalid", f"Give a valid e-mail address. {error}") from error

    def json_schema(self) -> dict[str, Any]:
        return {**super().json_schema(), "format": "email"}


class _CountryLine(Line):
    def read(self, value: Any) -> str | None:
        code = super().read(value)
        if code not in COUNTRIES:
            raise fault("invalid", "Give an ISO 3166 alpha-2 code, e.g. DE")
        return code

    def json_schema(self) -> dict[str, Any]:
        return {**super().json_schema(), "description": "ISO 3166 alpha-2."}


@dataclass(frozen=True)
class Whole(_Read):
    """A whole number; `true`, `1.0` and `"2"` are none."""

    minimum: int
    maximum: int

    def read(self, value: Any) -> int:
        if type(value) is int and self.minimum <= value <= self.maximum:
            return value
        raise missing_or(value, "invalid", f"Give a whole number from {self.minimum} to {self.maximum}")

    def json_schema(self) -> dict[str, Any]:
        return {"type": "integer", "minimum": self.minimum, "maximum": self.maximum}


@dataclass(frozen=True)
class OneOf(_Read):
    """One of a few words."""

    words: tuple[str, ...]

    def read(self, value: Any) -> str:
        if not (isinstance(value, str) and value in self.words):
            raise fault(
                "null" if value is None else "invalid_choice", f"Give one of: {', '.join(self.words)}"
            )
        return value

    def json_schema(self) -> dict[str, Any]:
        return {"type": "string", "enum": list(self.words)}


@dataclass(frozen=True)
class Id(_Read):
    """A UUID."""

    detail: str = "Must be a valid UUID."

    def read(self, value: Any) -> UUID:
        try:
            return UUID(value if isinstance(value, str) else "")
        except ValueError as error:
            raise fault("invalid", self.detail) from error

    def json_schema(self) -> dict[str, Any]:
        return {"type": "string", "format": "uuid"}


@dataclass(frozen=True)
class Moment(_Read):
    """A time in RFC 3339, which names its offset; kept in UTC."""

    def read(self, value: Any) -> datetime:
        try:
            return grammar.moment(value if isinstance(value, str) else "")
        except grammar.Unreadable as error:
            raise fault("invalid", MOMENT_EXPECTED) from error
        except OverflowError as error:
            raise fault("overflow", "Datetime value out of range.") from error

    def json_schema(self) -> dict[str, Any]:
        return {"type": "string", "format": "date-time"}


@dataclass(frozen=True)
class Amount(_Read):
    """Money with two decimals, as a decimal string or, by its digits, as a JSON number.

    A third decimal that is 0, as people write 1.250 KWD, is taken too.
    """

    max_digits: int
    minimum: Decimal = Decimal(0)

    def read(self, value: Any) -> Decimal:
        text = str(value) if isinstance(value, str | int | float) else ""
        try:
            amount = grammar.decimal(text)
        except grammar.Unreadable as error:
            raise fault("null" if value is None else "invalid", "A valid number is required.") from error
        whole, _, decimals = text.removeprefix("-").partition(".")
        self._check_digits(whole.lstrip("0"), decimals)
        amount = amount.quantize(CENT) + 0  # not -0.00
        if amount < self.minimum:
            raise fault("min_value", f"Ensure this value is greater than or equal to {self.minimum}.")
        return amount

    def _check_digits(self, whole: str, decimals: str) -> None:
        if len(decimals) == 3:
            decimals = decimals.removesuffix("0")
        if len(whole) + len(decimals) > self.max_digits:
            raise fault(
                "max_digits", f"Ensure that there are no more than {self.max_digits} digits in total."
            )
        if len(decimals) > 2:
            raise fault("max_decimal_places", "Ensure that there are no more than 2 decimal places.")
        if len(whole) > self.max_digits - 2:
            detail = (
                f"Ensure that there are no more than {self.max_digits - 2} digits before the decimal point."
            )
            raise fault("max_whole_digits", detail)

    def json_schema(self) -> dict[str, Any]:
        pattern = rf"^-?0*[0-9]{{1,{self.max_digits - 2}}}(\.[0-9]{{1,2}}0?)?$"
        text = {"pattern": pattern, "maxLength": grammar.MAX_DECIMAL}
        return {"type": "string", "format": "decimal", **text}


@dataclass(frozen=True)
class Pattern:
    """Stands behind the type of a text that has to match the whole of `pattern`; `detail` says how."""

    pattern: str
    detail: str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {**handler(schema), "pattern": f"^{self.pattern}$"}

    def check(self, text: str) -> str:
        if re.fullmatch(self.pattern, text) is None:
            raise fault("invalid", self.detail)
        return text


@dataclass(frozen=True)
class Nested:
    """Stands behind a nested body: `detail` says what to give where there is no object.

    A part of a list has no name that could be missing: `is_part`.
    """

    detail: str
    is_part: bool = field(default=False, kw_only=True)

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(self.check, handler(source))

    def check(self, value: Any) -> Any:
        if isinstance(value, dict):
            return value
        raise fault("invalid", self.detail) if self.is_part else missing_or(value, "invalid", self.detail)


def text(max_length: int | None = None, *, is_blank_taken: bool = False) -> StringConstraints:
    """The type of a text that may hold line breaks; it is stripped."""
    min_length = None if is_blank_taken else 1
    return StringConstraints(strip_whitespace=True, min_length=min_length, max_length=max_length)


SLUG = Pattern(
    r"[-a-zA-Z0-9_]+", 'Enter a valid "slug" consisting of letters, numbers, underscores or hyphens.'
)
Sku = Annotated[str, Line(MAX_SKU)]
Email = Annotated[str, _EmailLine(MAX_EMAIL)]
Country = Annotated[str, _CountryLine(2)]
