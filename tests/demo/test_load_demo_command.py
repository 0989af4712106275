from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from accounts.models import User
from catalog.models import Product
from tests.factories.catalog import VariantFactory

pytestmark = pytest.mark.django_db


def test_load_demo__not_the_local_stack__refuses_and_writes_nothing(settings):
    settings.LOCAL_STACK = False

    with pytest.raises(CommandError, match="--yes-this-is-demo-data"):
        call_command("load_demo")

    assert not Product.objects.exists()


def test_load_demo__shop_has_a_sku_of_the_file__nothing_is_left_of_the_load():
    own = VariantFactory(sku="FUR-BO-10001798")

    with pytest.raises(CommandError, match="nothing was loaded"):
        call_command("load_demo")

    assert (User.objects.count(), list(Product.objects.all())) == (0, [own.product])


def test_load_demo__if_empty_and_the_shop_has_a_product__writes_nothing():
    own = VariantFactory()

    call_command("load_demo", "--if-empty")

    assert list(Product.objects.all()) == [own.product]


def test_load_demo__limits_of_a_request_are_too_short__sets_its_own():
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 20")

    call_command("load_demo", stdout=StringIO())

    assert Product.objects.count() > 1000
