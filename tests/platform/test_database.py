import pytest
from django.db import connection

from accounts.models import User

pytestmark = pytest.mark.django_db


def test_statement__used_often_on_one_connection__is_planned_once(settings):
    threshold = settings.DATABASES["default"]["OPTIONS"]["prepare_threshold"]

    for number in range(threshold + 2):
        list(User.objects.filter(email=f"user{number}@shop.test"))

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%accounts_user%'")
        assert cursor.fetchone() == (1,)
