from django.contrib import admin
from unfold.admin import ModelAdmin

from core.http.admin import ReadOnly
from core.idempotency.models import IdempotencyRecord


@admin.register(IdempotencyRecord)
class IdempotencyRecordAdmin(ReadOnly, ModelAdmin):
    list_display = ["key", "scope", "status", "created_at"]
    search_fields = ["key__exact", "scope__exact", "request_id__exact"]
    search_help_text = "A whole key, scope or request id."
    ordering = ["-created_at"]
    fields = ["key", "scope", "status", "headers", "request_id", "created_at"]
