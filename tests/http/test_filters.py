"""Filters of lists: what a query string may say, whatever DRF's fields or Python would make of it."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.http import QueryDict
from rest_framework import serializers

from core.errors import Invalid
from core.http.filters import QueryFilters


class ThingFilters(QueryFilters):
    is_on = serializers.BooleanField(required=False)
    since = serializers.DateTimeField(required=False)
    units = serializers.IntegerField(required=False, min_value=1, max_value=1000)
    price = serializers.DecimalField(required=False, max_digits=6, decimal_places=2)
    kind = serializers.ChoiceField(required=False, choices=["new", "old"])


def _faults(query):
    with pytest.raises(Invalid) as refused:
        ThingFilters.parse(QueryDict(query))
    return sorted((fault.field, fault.code) for fault in refused.value.errors)


def test_parse__fitting_values__are_typed():
    query = QueryDict("is_on=true&since=2026-01-01t00:00:00z&units=7&price=1.50&kind=old&page_size=5")

    assert ThingFilters.parse(query) == {
        "is_on": True,
        "since": datetime(2026, 1, 1, tzinfo=UTC),
        "units": 7,
        "price": Decimal("1.50"),
        "kind": "old",
    }


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("is_on", ["1", "True", "yes", "on", "t", "", "null"]),
        ("since", ["2026-W01-1T00:00:00Z", "2026-01-01", "%D9%A1", "0001-01-01T00:00:00%2B14:00", ""]),
        ("units", ["1_0", "1.0", "%D9%A1", "+1", "1e2", "true", "9" * 40, ""]),
        ("price", ["1_0", "1e2", "%D9%A1", "NaN", "Infinity", "%EF%BC%91", ".5", " 1"]),
    ],
)
def test_parse__what_only_python_reads__is_refused(name, values):
    assert [_faults(f"{name}={value}") for value in values] == [[(name, "invalid")]] * len(values)


def test_parse__many_faults__are_told_at_once():
    assert _faults("is_on=1&units=0&kind=odd&kind=new&x=1&page_size=1&page_size=2") == [
        ("is_on", "invalid"),
        ("kind", "repeated"),
        ("page_size", "repeated"),
        ("units", "min_value"),
        ("x", "unknown"),
    ]
