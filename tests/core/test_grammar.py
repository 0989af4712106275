"""Numbers and times from outside: as the schema has them, and nothing that Python alone takes."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from core import grammar

NO_WHOLE = ["", "-", "+1", "1.0", "1_0", "0x1", "1e2", " 1", "1 ", "1\n", "\u0661", "\uff11", "\u00b2", "NaN"]


@pytest.mark.parametrize("text", [*NO_WHOLE, "0", "101", "0001", "0" * 9 + "1000", "9" * 5000])
def test_whole__not_written_so_or_out_of_range__is_unreadable(text):
    with pytest.raises(grammar.Unreadable):
        grammar.whole(text, minimum=1, maximum=100)


@given(st.integers(-1000, 1000))
def test_whole__any_number_of_the_range__is_read(number):
    assert grammar.whole(str(number), minimum=-1000, maximum=1000) == number


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "1.",
        ".5",
        "1_0.0_0",
        "1e2",
        "Infinity",
        "sNaN",
        "+1",
        " 1.0",
        "1.0\n",
        "\u0661.\u0662",
        "1" * 1001,
    ],
)
def test_decimal__not_written_so__is_unreadable(text):
    with pytest.raises(grammar.Unreadable):
        grammar.decimal(text)


@pytest.mark.parametrize(("text", "number"), [("0", "0"), ("-1.50", "-1.50"), ("007.10", "7.10")])
def test_decimal__plain__is_read_with_its_digits(text, number):
    assert str(grammar.decimal(text)) == str(Decimal(number))


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-01T00:00:00Z",
        "2026-01-01t00:00:00z",
        "2026-01-01T02:00:00+02:00",
        "2025-12-31T23:30:00-00:30",
        "2026-01-01T00:00:00.000000999Z",
    ],
)
def test_moment__rfc_3339__is_read_in_utc(text):
    assert grammar.moment(text) == datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "2026-W01-4T00:00:00Z",
        "2026-001T00:00:00Z",
        "20260101T000000Z",
        "2026-01-01",
        "2026-01-01T00:00:00",
        "2026-01-01 00:00:00Z",
        "2026-01-01T00:00Z",
        "2026-01-01T00:00:00,5Z",
        "2026-01-01T00:00:00.Z",
        "2026-01-01T00:00:00+0200",
        "2026-01-01T00:00:00+02",
        "2026-01-01T00:00:00+24:00",
        "2026-01-01T24:00:00Z",
        "2026-02-30T00:00:00Z",
        "0000-01-01T00:00:00Z",
        "\u0662\u0660\u0662\u0666-01-01T00:00:00Z",
        "2026-01-01T00:00:00\u017f",
        "1767225600",
        "",
    ],
)
def test_moment__anything_else__is_unreadable(text):
    with pytest.raises(grammar.Unreadable):
        grammar.moment(text)


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"])
def test_moment__outside_the_calendar_in_utc__overflows(text):
    with pytest.raises(OverflowError):
        grammar.moment(text)


@pytest.mark.parametrize(
    "words",
    [
        ["outbox_status", "--max-lag", "nan"],
        ["outbox_status", "--max-lag", "1_0"],
        ["outbox_status", "--max-lag", "-1"],
        ["outbox_show", "--limit", "1_0"],
        ["outbox_show", "--limit", "0"],
        ["outbox_show", "--limit", "\u0661"],
        ["outbox_replay", "1_0"],
        ["outbox_skip", "9" * 30, "--reason", "gone"],
    ],
)
def test_command__number_that_is_none__is_refused(words):
    with pytest.raises(CommandError, match="invalid"):
        call_command(*words)
