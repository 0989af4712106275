"""Every number that staff type is a number by the shop's own grammar, whichever form asks for it."""

import pytest
from django import forms
from django.contrib import admin
from django.test import RequestFactory

from core.http.forms import DecimalField, WholeField
from tests.factories.accounts import UserFactory

pytestmark = pytest.mark.django_db
NOT_NUMBERS = ["1_000", "1e3", "\u0661", "\uff11", "NaN", "Infinity", " 5", "+5"]
PAGES = list(admin.site._registry.items())


def _forms(page):
    request = RequestFactory().get("/")
    request.user = UserFactory(admin=True)
    if page.has_add_permission(request) or page.has_change_permission(request):
        yield page.get_form(request)
    for inline in page.get_inline_instances(request):
        yield inline.get_formset(request).form
    for name in getattr(page, "actions_detail", None) or ():
        form = (getattr(getattr(page, name), "dialog", None) or {}).get("form_class")
        if form:
            yield form


@pytest.mark.parametrize(("model", "page"), PAGES, ids=[model._meta.label for model, _ in PAGES])
def test_admin__number_of_any_form__is_strict(model, page):
    numbers = [
        (name, field)
        for form in _forms(page)
        for name, field in form.base_fields.items()
        if isinstance(field, forms.IntegerField)
    ]

    assert [name for name, field in numbers if not isinstance(field, (WholeField, DecimalField))] == []


@pytest.mark.parametrize("field", [WholeField(), DecimalField(max_digits=9, decimal_places=2)])
@pytest.mark.parametrize("text", NOT_NUMBERS)
def test_number_field__what_only_python_reads__is_refused(field, text):
    with pytest.raises(forms.ValidationError) as refused:
        field.clean(text)

    assert [error.code for error in refused.value.error_list] == ["invalid"]


def test_number_field__plain_number__is_taken():
    assert (WholeField().clean("-12"), WholeField(required=False).clean("")) == (-12, None)
    assert str(DecimalField(max_digits=9, decimal_places=2).clean("19.90")) == "19.90"
