from django.contrib import admin
from unfold.admin import ModelAdmin

from core.http.admin import ReadOnly
from orders.models import ProviderEvent


@admin.register(ProviderEvent)
class ProviderEventAdmin(ReadOnly, ModelAdmin):
    """The webhooks of payment providers, as they came."""

    list_display = ["received_at", "gateway", "kind", "event_id", "payment"]
    list_filter = ["gateway"]
    list_select_related = ["payment"]
    search_fields = ["event_id", "payment__order__number"]
    search_help_text = "The provider's id of the event, or an order's number."
    ordering = ["-received_at"]
