from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.forms.fields import InvalidJSONInput
from django.http import HttpRequest
from django.utils import timezone
from unfold.admin import TabularInline
from unfold.widgets import UnfoldAdminTextareaWidget

from catalog.admin.pages import Page, ReadOnlyPage
from catalog.attributes import check_attributes
from catalog.models import Listing, Product, Variant
from catalog.services import products
from catalog.skus import check_sku
from core.errors import DomainError


class AttributesField(forms.JSONField):
    """A field of attributes that, left empty, is an empty map."""

    widget = UnfoldAdminTextareaWidget

    def to_python(self, value: Any) -> Any:
        return {} if value in ("", None) else super().to_python(value)

    def bound_data(self, data: Any, initial: Any) -> Any:
        """A refused text is shown as it was typed; what it means may be nothing that a page can show."""
        return None if data is None else InvalidJSONInput(data)


class AttributesForm(forms.ModelForm):  # type: ignore[type-arg]
    """What stands there from before the rules is no fault of the page's: only what is changed is checked."""

    attributes = AttributesField(required=False, initial=dict)

    def clean_attributes(self) -> Any:
        attributes = self.cleaned_data["attributes"]
        if "attributes" in self.changed_data:
            check_attributes(attributes)
        return attributes


class ProductForm(AttributesForm):
    """A page saves every field as it was when opened, so it is refused once the product has changed since."""

    version = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["version"].initial = self._version()

    def clean(self) -> dict[str, Any] | None:
        if self.cleaned_data.get("version", "") != self._version():
            raise forms.ValidationError(
                "Somebody else has changed this product since you opened it, so nothing is saved. "
                "Open it again and repeat your changes.",
                code="stale",
            )
        return super().clean()

    def _version(self) -> str:
        return "" if self.instance._state.adding else self.instance.updated_at.isoformat()


class VariantForm(AttributesForm):
    withdraw = forms.BooleanField(required=False, help_text="Take it off the shop; the ledger keeps it.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["currency"].initial = settings.DEFAULT_CURRENCY

    def clean_sku(self) -> str:
        sku: str = self.cleaned_data["sku"]
        if sku != self.initial.get("sku"):
            check_sku(sku)
        others = Variant.objects.filter(sku=sku, withdrawn_at__isnull=True).exclude(pk=self.instance.pk)
        if others.exists():
            raise forms.ValidationError("Another variant has this SKU", code="unique")
        return sku


class VariantFormSet(forms.BaseInlineFormSet):  # type: ignore[type-arg]
    def clean(self) -> None:
        super().clean()
        skus = [form.cleaned_data["sku"] for form in self.forms if form.cleaned_data.get("sku")]
        if len(set(skus)) < len(skus):
            raise forms.ValidationError("Two variants have the same SKU")


class VariantInline(TabularInline):
    model = Variant
    form = VariantForm
    formset = VariantFormSet
    fields = ("sku", "name", "price", "currency", "compare_at_price", "attributes", "position", "withdraw")
    extra = 0
    can_delete = False
    min_num = 1
    show_change_link = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Variant]:
        found: QuerySet[Variant] = super().get_queryset(request).filter(withdrawn_at__isnull=True)
        return found


@admin.register(Product)
class ProductAdmin(Page):
    form = ProductForm
    inlines = (VariantInline,)
    list_display = (
        "name",
        "category",
        "price",
        "in_stock",
        "published_from",
        "published_until",
        "created_at",
    )
    list_select_related = ("category", "listing")
    list_filter = ("listing__in_stock", "published_from", "category")
    search_fields = ("name", "slug", "variants__sku")
    search_help_text = "Name, slug or SKU"
    ordering = ("-created_at",)
    prepopulated_fields = {"slug": ("name",)}
    autocomplete_fields = ("category",)
    readonly_fields = ("id", "created_at", "updated_at")
    fieldsets = (
        (None, {"fields": ("name", "slug", "category", "description", "attributes")}),
        ("Publication", {"fields": ("published_from", "published_until")}),
        ("Record", {"fields": ("id", "created_at", "updated_at", "version")}),
    )
    actions = ("withdraw",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Product]:
        found: QuerySet[Product] = super().get_queryset(request).filter(withdrawn_at__isnull=True)
        return found

    def get_fieldsets(self, request: HttpRequest, obj: Product | None = None) -> Any:
        """The version is for who may save the page."""
        hidden = set() if self.has_change_permission(request, obj) else {"version"}
        return [
            (title, {"fields": [name for name in shown["fields"] if name not in hidden]})
            for title, shown in super().get_fieldsets(request, obj)
        ]

    @transaction.atomic
    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Product | None:
        """What a form is to replace is locked before the form is judged, and until it is saved."""
        found: Product | None = super().get_object(request, object_id, from_field)
        if found and request.method == "POST":
            unlocked = self.get_queryset(request).select_for_update(of=("self",), no_key=True)
            found = unlocked.filter(pk=found.pk).first()
        return found

    @admin.display(ordering="listing__price", empty_value="-")
    def price(self, product: Product) -> str | None:
        listing = getattr(product, "listing", None)
        return f"{listing.price} {listing.currency}" if listing else None

    @admin.display(boolean=True, ordering="listing__in_stock")
    def in_stock(self, product: Product) -> bool | None:
        listing = getattr(product, "listing", None)
        return listing.in_stock if listing else None

    @admin.action(description="Withdraw the selected products for good")
    def withdraw(self, request: HttpRequest, queryset: QuerySet[Product]) -> None:
        for product in queryset:
            try:
                products.withdraw(slug=product.slug, precondition=lambda _: None, now=timezone.now())
                self.message_user(request, f"{product} is withdrawn", messages.SUCCESS)
            except DomainError as refused:
                self.message_user(request, f"{product}: {refused.detail}", messages.ERROR)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:  # noqa: FBT001 - Django's signature
        super().save_formset(request, form, formset, change)
        for row in formset.forms:
            if row.cleaned_data.get("withdraw") and row.instance.pk:
                products.withdraw_variant(variant=row.instance, now=timezone.now())

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:  # noqa: FBT001 - Django's signature
        super().save_related(request, form, formsets, change)
        products.record_edit(product=form.instance, former_slug=form.initial.get("slug"))

    def has_delete_permission(self, request: HttpRequest, obj: Product | None = None) -> bool:
        """Orders and the ledger point at it: withdraw it instead."""
        return False


@admin.register(Variant)
class VariantAdmin(ReadOnlyPage):
    """A list to find a SKU in; variants are edited on their product."""

    list_display = ("sku", "product", "name", "price", "currency", "withdrawn_at")
    list_select_related = ("product",)
    list_filter = ("currency", ("withdrawn_at", admin.EmptyFieldListFilter))
    search_fields = ("sku", "product__name")
    search_help_text = "SKU or product"
    ordering = ("sku",)


@admin.register(Listing)
class ListingAdmin(ReadOnlyPage):
    """The read model as shoppers' lists see it."""

    list_display = ("name", "category", "price", "currency", "in_stock", "published_from", "created_at")
    list_select_related = ("category",)
    list_filter = ("in_stock", "category")
    search_fields = ("name", "slug")
    search_help_text = "Name or slug"
    ordering = ("-created_at",)
    exclude = ("search",)
