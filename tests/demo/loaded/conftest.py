"""One database with the demo data for all tests here: loading it takes seconds."""

from collections.abc import Iterator

import pytest
from django.db import connection

from demo import loading


@pytest.fixture(scope="package")
def demo(django_db_setup, django_db_blocker) -> Iterator[loading.Loaded]:
    """A committed load, below the transaction of each test, and removed after the last."""
    with django_db_blocker.unblock():
        yield loading.load()
        with connection.cursor() as cursor:
            cursor.execute(
                "TRUNCATE orders_order, catalog_category, catalog_location, accounts_user, core_outboxmessage"
                " CASCADE"
            )
