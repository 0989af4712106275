"""What the types of request bodies take, and how they tell what they do not."""

from decimal import Decimal
from types import SimpleNamespace
from typing import Annotated

import pytest

from core.errors import Invalid
from core.http.bodies import MAX_FAULTS, RequestBody, read
from core.http.fields import (
    NOT_GIVEN,
    SLUG,
    Amount,
    Country,
    Email,
    Line,
    Moment,
    Nested,
    OneOf,
    Sku,
    Whole,
    text,
)


class PartRequest(RequestBody):
    sku: Sku
    quantity: Annotated[int, Whole(1, 9)]


class EverythingRequest(RequestBody):
    parts: list[Annotated[PartRequest, Nested("Give an object with sku and quantity")]] = NOT_GIVEN
    part: Annotated[PartRequest, Nested("Give an object with sku and quantity")] = NOT_GIVEN
    line: Annotated[str, Line(5)] = NOT_GIVEN
    note: Annotated[str | None, Line(5, is_required=False)] = None
    email: Email = NOT_GIVEN
    country: Country = NOT_GIVEN
    amount: Annotated[Decimal, Amount(5)] = NOT_GIVEN
    at: Annotated[str, Moment()] = NOT_GIVEN
    slug: Annotated[str, text(9), SLUG] = NOT_GIVEN
    notes: Annotated[str, text(9, is_blank_taken=True)] = NOT_GIVEN
    kind: Annotated[str, OneOf(("new", "old"))] = NOT_GIVEN
    is_on: bool = NOT_GIVEN


def _read(**body):
    return read(EverythingRequest, SimpleNamespace(data=body)).given()


def _faults(data):
    with pytest.raises(Invalid) as refused:
        read(EverythingRequest, SimpleNamespace(data=data))
    return [(fault.field, fault.code, fault.detail) for fault in refused.value.errors]


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("line", " a\u3000b ", "a b"),
        ("note", "", None),
        ("note", None, None),
        ("email", " ada@shop.test ", "ada@shop.test"),
        ("country", "DE", "DE"),
        ("amount", "1", Decimal("1.00")),
        ("amount", "999.99", Decimal("999.99")),
        ("amount", "0001.250", Decimal("1.25")),
        ("amount", 7, Decimal("7.00")),
        ("amount", 7.5, Decimal("7.50")),
        ("slug", " oak-stool ", "oak-stool"),
        ("notes", "  ", ""),
        ("notes", "a\nb", "a\nb"),
        ("kind", "old", "old"),
        ("is_on", False, False),
    ],
)
def test_field__fitting_value__is_read(name, value, kept):
    assert _read(**{name: value}) == {name: kept}


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("2031-01-31T12:00:00Z", "2031-01-31T12:00:00+00:00"),
        ("2031-01-31T12:00:00+02:00", "2031-01-31T10:00:00+00:00"),
        ("2031-01-31t12:00:00z", "2031-01-31T12:00:00+00:00"),
    ],
)
def test_moment__any_offset__is_utc(value, shown):
    assert _read(at=value)["at"].isoformat() == shown


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        *(("line", value, "invalid") for value in (5, True, [], " ", "a\nb", "a\u202eb")),
        *(("line", value, "required") for value in (None, "")),
        ("line", "a" * 6, "max_length"),
        ("note", "a" * 6, "max_length"),
        ("note", 5, "invalid"),
        ("email", "nobody", "invalid"),
        ("country", "UK", "invalid"),
        *(
            ("amount", v, "invalid")
            for v in (
                "",
                "-",
                ".",
                ".5",
                "5.",
                " 5",
                "+5",
                "1e2",
                "1_0",
                "1_0.0_0",
                "\u0661",
                "NaN",
                "Infinity",
                True,
                [],
                "1" * 1001,
            )
        ),
        ("amount", None, "null"),
        ("amount", "1.999", "max_decimal_places"),
        ("amount", "1.2500", "max_decimal_places"),
        ("amount", "1000", "max_whole_digits"),
        ("amount", "12345.67", "max_digits"),
        ("amount", "-0.01", "min_value"),
        *(
            ("at", value, "invalid")
            for value in ("tomorrow", 1e30, 5, [], "2031-02-30T00:00:00Z", "2031-W05-5T12:00:00Z")
        ),
        ("at", "9999-12-31T23:59:59-12:00", "overflow"),
        ("slug", "no spaces", "invalid"),
        ("slug", "a\nb", "invalid"),
        ("slug", "", "blank"),
        ("slug", "a" * 10, "max_length"),
        ("slug", None, "null"),
        ("notes", 5, "invalid"),
        ("kind", "odd", "invalid_choice"),
        ("kind", ["old"], "invalid_choice"),
        *(("is_on", value, "invalid") for value in (1, "true", 0.0, [])),
        ("parts", {}, "not_a_list"),
        ("part", [], "invalid"),
        ("part", None, "required"),
        ("other", 1, "unknown"),
    ],
)
def test_field__other_value__is_a_fault_with_its_code(name, value, code):
    assert [(field, told) for field, told, _ in _faults({name: value})] == [(name, code)]


@pytest.mark.parametrize("quantity", [True, 1.0, "2", 0, 10, 2**70, [], {}])
def test_whole__anything_but_a_whole_number_in_its_bounds__is_refused(quantity):
    expected = ("part.quantity", "invalid", "Give a whole number from 1 to 9")

    assert _faults({"part": {"sku": "A", "quantity": quantity}}) == [expected]


def test_read__many_faults__are_told_at_once_with_their_paths():
    body = {
        "parts": [{"sku": "A", "quantity": 1}, {"size": 1}, 5],
        "part": {"sku": ""},
        "kind": "odd",
        "x": 1,
    }

    assert _faults(body) == [
        ("parts[1].sku", "required", "This is required"),
        ("parts[1].quantity", "required", "This is required"),
        ("parts[1].size", "unknown", "There is no such field"),
        ("parts[2]", "invalid", "Give an object with sku and quantity"),
        ("part.sku", "required", "This is required"),
        ("part.quantity", "required", "This is required"),
        ("kind", "invalid_choice", "Give one of: new, old"),
        ("x", "unknown", "There is no such field"),
    ]


@pytest.mark.parametrize("data", [None, [], "text", 5, [{"line": "a"}]])
def test_read__no_object__is_one_fault_of_the_body(data):
    assert _faults(data) == [("", "invalid", "Give a JSON object")]


def test_read__text_with_braces__is_told_as_it_is():
    assert _faults({"{beside}": 1, "..": 1}) == [
        ("{beside}", "unknown", "There is no such field"),
        ("..", "unknown", "There is no such field"),
    ]


def test_read__more_faults_than_any_body_of_ours_has__are_not_all_told():
    assert len(_faults({f"field{number}": 1 for number in range(MAX_FAULTS + 500)})) == MAX_FAULTS
