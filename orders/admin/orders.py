"""Orders with all that belongs to them. Money, status and history are read-only: services change them."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import display

from core.http.admin import ReadOnly, ShownLookups
from orders.admin.actions import OrderActions
from orders.checkout import numbers
from orders.models import (
    Order,
    OrderEvent,
    OrderLine,
    Payment,
    Refund,
    Return,
    Shipment,
    ShippingMethod,
    TaxRule,
    VoucherUse,
)

STATUS_LABELS = {
    "pending": "info",
    "paid": "info",
    "shipped": "success",
    "delivered": "success",
    "payment_failed": "danger",
    "cancelled": "warning",
    "refunded": "warning",
    "partially_refunded": "warning",
    "returned": "warning",
}


class ReadOnlyInline(TabularInline):
    """Rows that are shown and never changed here."""

    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class LineInline(ReadOnlyInline):
    model = OrderLine
    fields = ["sku", "name", "unit_price", "quantity", "total", "discount", "tax"]
    ordering = ["id"]


class PaymentInline(ReadOnlyInline):
    model = Payment
    fields = ["gateway", "status", "amount", "captured", "refunded", "provider_reference", "error"]
    show_change_link = True


class ShipmentInline(ReadOnlyInline):
    model = Shipment
    fields = ["location", "carrier", "tracking_number", "status", "lines", "created_at", "shipped_at"]


class RefundInline(ReadOnlyInline):
    model = Refund
    fields = ["amount", "status", "reason", "lines", "actor", "error", "created_at", "settled_at"]


class ReturnInline(ReadOnlyInline):
    model = Return
    fields = ["lines", "restock", "reason", "actor", "created_at"]


class VoucherUseInline(ReadOnlyInline):
    model = VoucherUse
    fields = ["voucher", "used_at", "released_at"]


class EventInline(ReadOnlyInline):
    model = OrderEvent
    verbose_name_plural = "timeline"
    fields = ["at", "from_status", "to_status", "actor", "reason", "data"]
    ordering = ["at", "id"]


@admin.register(Order)
class OrderAdmin(ReadOnly, OrderActions):
    list_display = ["number", "shown_status", "email", "total", "currency", "created_at"]
    list_filter = ["status", "currency"]
    list_select_related = ["customer"]
    search_fields = ["number", "email"]
    search_help_text = "An order's number, or how the e-mail address begins."
    date_hierarchy = "created_at"
    ordering = ["-created_at", "-id"]
    inlines = [
        LineInline,
        PaymentInline,
        RefundInline,
        ShipmentInline,
        ReturnInline,
        VoucherUseInline,
        EventInline,
    ]
    fieldsets = [
        (None, {"fields": ["number", "status", "customer", "email", "language", "created_at", "updated_at"]}),
        (
            "Amounts",
            {"fields": ["currency", "subtotal", "discount", "shipping", "tax", "tax_included", "total"]},
        ),
        ("Shipping", {"fields": ["shipping_method", "shipping_address"]}),
    ]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Order], search_term: str
    ) -> tuple[QuerySet[Order], bool]:
        """Both ways are one search in an index, however many orders there are."""
        term = search_term.strip()
        if not term:
            return queryset, False
        number = numbers.normalise(term)
        found = queryset.filter(number=number) if number else queryset.filter(email__istartswith=term)
        return found, False

    @display(description="status", label=STATUS_LABELS, ordering="status")
    def shown_status(self, order: Order) -> tuple[str, str]:
        return order.status, order.get_status_display()


@admin.register(Payment)
class PaymentAdmin(ReadOnly, ModelAdmin):
    list_display = ["order", "gateway", "status", "amount", "captured", "refunded", "currency", "created_at"]
    list_filter = ["status", "gateway"]
    list_select_related = ["order"]
    search_fields = ["provider_reference__exact", "order__number__iexact"]
    search_help_text = "The provider's reference, or an order's number."
    ordering = ["-created_at"]
    exclude = ["token"]


@admin.register(Shipment)
class ShipmentAdmin(ReadOnly, ModelAdmin):
    list_display = ["order", "carrier", "tracking_number", "status", "created_at", "shipped_at"]
    list_filter = ["status", "carrier"]
    list_select_related = ["order"]
    search_fields = ["tracking_number__exact", "order__number__iexact"]
    search_help_text = "A tracking number, or an order's number."
    ordering = ["-created_at"]


@admin.register(ShippingMethod)
class ShippingMethodAdmin(ShownLookups, ModelAdmin):
    list_display = ["name", "code", "price", "currency", "free_over", "countries", "position", "is_active"]
    list_filter = ["is_active", "currency"]
    search_fields = ["name", "code"]
    ordering = ["position", "id"]


@admin.register(TaxRule)
class TaxRuleAdmin(ShownLookups, ModelAdmin):
    list_display = ["country", "region", "rate", "inclusive"]
    list_filter = ["inclusive"]
    search_fields = ["country", "region"]
    ordering = ["country", "region"]
