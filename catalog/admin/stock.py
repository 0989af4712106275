from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from catalog.admin.pages import Page, ReadOnlyPage, actor
from catalog.models import Location, Reservation, StockEntry, StockLevel
from catalog.services import stock
from core.http.forms import WholeField


class AdjustmentForm(forms.ModelForm):  # type: ignore[type-arg]
    """Numbers are never typed over: a change with its reason goes through the service into the ledger."""

    REASONS = [
        (r.value, r.label)
        for r in (
            StockEntry.Reason.RECEIVED,
            StockEntry.Reason.ADJUSTED,
            StockEntry.Reason.RETURNED,
            StockEntry.Reason.WRITTEN_OFF,
        )
    ]

    change = WholeField(
        widget=UnfoldAdminIntegerFieldWidget, help_text="Units to add; negative takes them away."
    )
    reason = forms.ChoiceField(choices=REASONS, widget=UnfoldAdminSelectWidget)
    cause = forms.CharField(
        max_length=200, widget=UnfoldAdminTextInputWidget, help_text="Why, for whoever reads the ledger."
    )

    class Meta:
        model = StockLevel
        fields = ("variant", "location")

    def clean_change(self) -> int:
        change: int = self.cleaned_data["change"]
        if not change:
            raise forms.ValidationError("Nothing would change")
        return change

    def clean_cause(self) -> str:
        cause: str = self.cleaned_data["cause"]
        if cause.startswith(stock.OF_AN_ORDER):
            raise forms.ValidationError(
                f'In the ledger "{stock.OF_AN_ORDER}" begins what was done for an order; '
                "a return is recorded on the order itself. Begin with another word."
            )
        return cause


@admin.register(StockLevel)
class StockLevelAdmin(Page):
    form = AdjustmentForm
    list_display = ("variant", "product", "location", "on_hand", "reserved", "available")
    list_select_related = ("variant__product", "location")
    list_filter = ("location",)
    search_fields = ("variant__sku", "variant__product__name")
    search_help_text = "SKU or product"
    ordering = ("-id",)
    autocomplete_fields = ("variant", "location")
    fields = ("variant", "location", "on_hand", "reserved", "available", "change", "reason", "cause")
    actions = None

    def get_readonly_fields(self, request: HttpRequest, obj: StockLevel | None = None) -> tuple[str, ...]:
        numbers = ("on_hand", "reserved", "available")
        return ("variant", "location", *numbers) if obj else numbers

    @admin.display(description="product")
    def product(self, level: StockLevel) -> str:
        return level.variant.product.name

    @admin.display(description="available")
    def available(self, level: StockLevel) -> int:
        return level.available

    def save_model(
        self,
        request: HttpRequest,
        obj: StockLevel,
        form: AdjustmentForm,
        change: bool,  # noqa: FBT001 - Django's signature
    ) -> None:
        entry = stock.adjust(
            sku=obj.variant.sku,
            location=obj.location.code,
            change=form.cleaned_data["change"],
            reason=stock.Reason(form.cleaned_data["reason"]),
            cause=form.cleaned_data["cause"],
            actor=actor(request),
            now=timezone.now(),
        )
        obj.pk = StockLevel.objects.get(variant=entry.variant_id, location=entry.location_id).pk

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(StockEntry)
class StockEntryAdmin(ReadOnlyPage):
    list_display = (
        "at",
        "variant",
        "location",
        "on_hand_change",
        "reserved_change",
        "reason",
        "cause",
        "actor",
    )
    list_select_related = ("variant", "location")
    list_filter = ("reason", "location", "at")
    search_fields = ("=variant__sku", "=cause")
    search_help_text = "SKU, or a whole cause (order:...)"
    ordering = ("-id",)


@admin.register(Reservation)
class ReservationAdmin(ReadOnlyPage):
    list_display = ("owner", "variant", "location", "quantity", "created_at")
    list_select_related = ("variant", "location")
    list_filter = ("location", "created_at")
    search_fields = ("=owner", "=variant__sku")
    search_help_text = "Order id or SKU"
    ordering = ("-id",)


@admin.register(Location)
class LocationAdmin(Page):
    list_display = ("name", "code", "priority")
    list_select_related = ()
    list_filter = ("priority",)
    search_fields = ("name", "code")
    search_help_text = "Name or code"
    ordering = ("priority", "id")
