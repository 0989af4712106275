"""Vouchers as staff edit them."""

import pytest
from django.db import IntegrityError, transaction
from django.db.models import F, ProtectedError
from django.test import Client
from django.urls import reverse

from catalog.models import Category
from orders.models import Voucher, VoucherUse
from tests.factories.accounts import UserFactory, bearer
from tests.factories.catalog import CategoryFactory
from tests.factories.orders import OrderFactory, VoucherFactory

pytestmark = pytest.mark.django_db
PLAIN_FILES = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
FORM = {
    "code": "SAVE10",
    "kind": "percentage",
    "value": "10",
    "currency": "",
    "minimum": "0",
    "starts_at_0": "2026-01-01",
    "starts_at_1": "00:00",
    "is_active": "on",
    "vouchercategory_set-TOTAL_FORMS": "0",
    "vouchercategory_set-INITIAL_FORMS": "0",
}


@pytest.fixture
def staff(client, settings):
    settings.STORAGES = {**settings.STORAGES, "staticfiles": PLAIN_FILES}
    client.force_login(UserFactory(admin=True))
    return client


def _page(name, *args):
    return reverse(f"admin:orders_voucher_{name}", args=args)


def test_voucher_form__complete__makes_a_voucher_with_categories(staff):
    category = CategoryFactory()
    inline = {"vouchercategory_set-TOTAL_FORMS": "1", "vouchercategory_set-0-category": category.pk}

    response = staff.post(_page("add"), {**FORM, **inline})

    assert response.status_code == 302, response.context["errors"]
    assert list(Voucher.objects.get().categories.all()) == [category]


@pytest.mark.parametrize(
    "wrong",
    [
        {"code": "save 10"},
        {"code": ""},
        {"value": "0"},
        {"value": "100.01"},
        {"value": "-1"},
        {"kind": "amount"},
        {"minimum": "-1"},
        {"minimum": "5"},
        {"kind": "free_shipping"},
        {"currency": "usd"},
        {"ends_at_0": "2025-01-01", "ends_at_1": "00:00"},
    ],
)
def test_voucher_form__bad_field__is_refused(staff, wrong):
    response = staff.post(_page("add"), {**FORM, **wrong})

    assert response.status_code == 200
    assert not Voucher.objects.exists()


def test_voucher_form__code_of_another_in_other_case__is_refused(staff):
    VoucherFactory(code="save10")

    assert staff.post(_page("add"), FORM).status_code == 200
    with pytest.raises(IntegrityError), transaction.atomic():
        VoucherFactory(code="SAVE10")


def test_voucher_form__used_while_it_is_edited__keeps_count(staff, monkeypatch):
    voucher = VoucherFactory(code="SAVE10", max_uses=5)
    clean = Voucher.clean

    def clean_while_an_order_claims(self):
        Voucher.objects.update(used=F("used") + 1)
        clean(self)

    monkeypatch.setattr(Voucher, "clean", clean_while_an_order_claims)

    response = staff.post(_page("change", voucher.pk), {**FORM, "max_uses": "7", "used": "0"})

    voucher.refresh_from_db()
    assert (response.status_code, voucher.max_uses, voucher.used) == (302, 7, 1)


def test_voucher_form__limit_below_its_uses__is_refused(staff):
    voucher = VoucherFactory(code="SAVE10", max_uses=5, used=3)

    response = staff.post(_page("change", voucher.pk), {**FORM, "max_uses": "2"})

    assert response.status_code == 200
    assert "3 times" in response.content.decode()


def test_voucher_list__is_shown(staff):
    VoucherFactory(code="SHOWN")

    assert "SHOWN" in staff.get(_page("changelist"), {"q": "sho"}).content.decode()


def test_voucher__used_by_an_order__cannot_be_deleted(staff):
    voucher = VoucherFactory()
    VoucherUse.objects.create(voucher=voucher, order=OrderFactory(), customer_key="guest:x")

    assert staff.post(_page("delete", voucher.pk), {"post": "yes"}).status_code == 403
    assert Voucher.objects.exists()


def test_category__named_by_a_voucher__cannot_be_deleted():
    category = CategoryFactory()
    VoucherFactory(categories=[category])

    with pytest.raises(ProtectedError):
        category.delete()


def test_voucher__used_above_its_limit__is_refused_by_the_database():
    voucher = VoucherFactory(max_uses=1, used=1)

    with pytest.raises(IntegrityError, match="voucher_used_within_limit"):
        Voucher.objects.filter(pk=voucher.pk).update(used=2)


def test_voucher_use__second_of_one_order__is_refused_by_the_database():
    voucher, order = VoucherFactory(), OrderFactory()
    VoucherUse.objects.create(voucher=voucher, order=order, customer_key="a")

    with pytest.raises(IntegrityError, match="voucher_use_one_per_order"):
        VoucherUse.objects.create(voucher=voucher, order=order, customer_key="b")


def test_category__named_by_a_voucher__delete_says_what_names_it():
    category, staff = CategoryFactory(slug="mugs"), UserFactory(admin=True)
    VoucherFactory(categories=[category])

    answer = Client(headers=bearer(staff)).delete("/api/v1/categories/mugs")

    assert (answer.status_code, answer.json()["code"]) == (409, "category_in_use")
    assert answer.json()["detail"] == "mugs is still named by: voucher category"
    assert Category.objects.filter(slug="mugs").exists()
