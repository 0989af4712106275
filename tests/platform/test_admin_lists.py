"""The lists of every model's pages, asked with addresses that nobody's mouse makes."""

import pytest
from django.contrib import admin
from django.db import models
from django.test import override_settings
from django.urls import reverse

from tests.factories.accounts import UserFactory

pytestmark = pytest.mark.django_db
PAGES = list(admin.site._registry.items())
NUL, WIDE = "a\x00b", "9" * 400
# Of a column of any kind, by its name.
LOOKUPS = [
    *(("{}__year", value) for value in ("9999", "0", "-1", WIDE)),
    *(("{}__exact", value) for value in (NUL, WIDE, "\ud7ff", "(")),
    *(("{}__regex", value) for value in ("(", "(a+)+$", "[")),
    ("{}__iregex", "*"),
    ("{}__isnull", "maybe"),
    ("{}__gte", "99999-01-01"),
    ("{}__range", "1"),
    ("{}__in", f"1,{NUL}"),
    ("{}__in", ",".join(["1"] * 40_000)),
    ("{}__contains", "x" * 3000),
    ("{}__nonsense", "1"),
    ("{}__nonsense__year", "9999"),
]
# Of the list itself.
PARAMETERS = [
    *(("q", value) for value in ("x" * 3000, "a " * 1500, NUL, "%", "\\", '"')),
    *(("p", value) for value in ("0", "-1", WIDE, "x", NUL)),
    *(("o", value) for value in ("99", "--1", "1.2.x", WIDE, NUL)),
    ("all", NUL),
    ("e", "1"),
    ("_facets", NUL),
    ("_to_field", "x"),
    ("_popup", "1"),
    ("nothing__like__it", "1"),
    ("pk", WIDE),
]


@pytest.fixture(autouse=True)
def _static_files_by_plain_name():
    with override_settings(
        STORAGES={"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
    ):
        yield


@pytest.fixture
def office(client):
    client.raise_request_exception = False
    client.force_login(UserFactory(admin=True))
    return client


def _addresses(model):
    columns = [field.name for field in model._meta.concrete_fields if not isinstance(field, models.JSONField)]
    dates = [f.name for f in model._meta.concrete_fields if isinstance(f, models.DateField)][:1]
    for column in {columns[1], *dates}:
        yield from ({pattern.format(column): value} for pattern, value in LOOKUPS)
    yield from ({name: value} for name, value in PARAMETERS)


@pytest.mark.parametrize(("model", "page"), PAGES, ids=[model._meta.label for model, _ in PAGES])
def test_admin_list__address_that_makes_no_sense__is_no_fault_of_the_shop(office, model, page):
    url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")

    answers = [(asked, office.get(url, asked).status_code) for asked in _addresses(model)]

    assert [(asked, status) for asked, status in answers if status >= 500] == []


def test_admin_list__address_that_makes_no_sense__leads_to_all_rows_and_says_so(office):
    shown = office.get("/admin/orders/order/", {"created_at__year": "9999"}, follow=True)

    assert shown.status_code == 200
    assert "cannot be read, so all rows are shown" in shown.content.decode()


def test_admin_action__on_a_list_whose_address_makes_no_sense__does_nothing(office):
    answer = office.post("/admin/core/mail/?to__exact=%00", {"action": "requeue"})

    assert (answer.status_code, answer["Location"]) == (302, "/admin/core/mail/?e=1")


@pytest.mark.parametrize("term", ["x" * 3000, "a " * 1500, NUL])
def test_admin_completion__term_that_makes_no_sense__finds_nothing(office, term):
    asked = {"app_label": "catalog", "model_name": "stocklevel", "field_name": "variant", "term": term}

    answer = office.get("/admin/autocomplete/", asked)

    assert (answer.status_code, answer.json()["results"]) == (200, [])
