from django.contrib import admin
from unfold.admin import ModelAdmin

from core.http.admin import ShownLookups
from todos.models import Todo


@admin.register(Todo)
class TodoAdmin(ShownLookups, ModelAdmin):
    list_display = ["title", "user", "priority", "completed", "due_at", "created_at"]
    list_filter = ["completed", "priority"]
    list_select_related = ["user"]
    search_fields = ["title", "user__email"]
    autocomplete_fields = ["user"]
    ordering = ["-id"]  # UUIDv7: newest first, by the primary key's index
    readonly_fields = ["completed", "completed_at", "created_at", "updated_at"]
    show_full_result_count = False
