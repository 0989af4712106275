from django.contrib import admin
from unfold.admin import ModelAdmin

from core.http.admin import ReadOnly
from orders.admin.orders import ReadOnlyInline
from orders.models import Cart, CartItem


class CartItemInline(ReadOnlyInline):
    model = CartItem
    fields = ["variant", "quantity", "price_when_added"]
    ordering = ["id"]


@admin.register(Cart)
class CartAdmin(ReadOnly, ModelAdmin):
    list_display = ["id", "customer", "currency", "voucher", "order", "created_at", "expires_at"]
    list_filter = [("order", admin.EmptyFieldListFilter)]
    list_select_related = ["customer", "voucher", "order"]
    search_fields = ["=id", "customer__email__iexact"]
    search_help_text = "A cart's id, or its customer's e-mail address."
    ordering = ["-created_at"]
    inlines = [CartItemInline]
