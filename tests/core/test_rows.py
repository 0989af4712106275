from datetime import UTC, datetime
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.rows import array

TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)


def _read_back(values, kind):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT %(values)s::{kind}[]", {"values": array(values)})
        return cursor.fetchone()[0]


@pytest.mark.django_db
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    texts=st.lists(TEXTS | st.sampled_from(["", "NULL", "null", "{}", ",", '"', "\\", ' "a\\" ']), max_size=5)
)
def test_array__any_texts__are_read_back_as_they_were(texts):
    assert _read_back(texts, "text") == texts


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([uuid4(), uuid4()], "uuid"),
        ([1, -2, 2**40], "bigint"),
        ([Decimal("1.20"), Decimal("-0.01"), Decimal("1E+3")], "numeric"),
        ([datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)], "timestamptz"),
    ],
)
def test_array__values_of_other_types__are_read_back_as_they_were(values, kind):
    assert _read_back(values, kind) == values
