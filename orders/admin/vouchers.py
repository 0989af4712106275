from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin, TabularInline

from core.http.admin import ShownLookups
from orders.models import Voucher, VoucherCategory


class CategoryInline(TabularInline):
    model = VoucherCategory
    extra = 0


@admin.register(Voucher)
class VoucherAdmin(ShownLookups, ModelAdmin):
    list_display = [
        "code",
        "kind",
        "value",
        "currency",
        "used",
        "max_uses",
        "starts_at",
        "ends_at",
        "is_active",
    ]
    list_filter = ["is_active", "kind"]
    search_fields = ["code__istartswith"]
    search_help_text = "How the code begins."
    ordering = ["-id"]
    readonly_fields = ["used"]
    inlines = [CategoryInline]

    def save_model(self, request: HttpRequest, obj: Voucher, form: Any, change: bool) -> None:  # noqa: FBT001
        """Orders count uses meanwhile: the counter that this page was loaded with is never written back."""
        obj.save(update_fields=form.changed_data if change else None)

    def has_delete_permission(self, request: HttpRequest, obj: Voucher | None = None) -> bool:
        """A voucher that orders have used is not deleted but switched off."""
        return (obj is None or not obj.uses.exists()) and super().has_delete_permission(request, obj)
