from django.contrib import admin
from unfold.admin import ModelAdmin

from core.compute.models import ComputeJob
from core.http.admin import ReadOnly


@admin.register(ComputeJob)
class ComputeJobAdmin(ReadOnly, ModelAdmin):
    list_display = ["id", "user", "primes_below", "status", "created_at", "finished_at"]
    list_filter = ["status"]
    list_select_related = ["user"]
    search_fields = ["user__email"]
    ordering = ["-created_at"]
