from typing import Any

from django.http import HttpRequest


class ReadOnly:
    """Mixed in front of ModelAdmin: staff look and run actions; nobody writes a row by hand."""

    show_full_result_count = False
    list_per_page = 50

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
