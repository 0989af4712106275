from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect


class ReadOnly:
    """Mixed in front of ModelAdmin: staff read and run actions; nobody writes a row by hand."""

    show_full_result_count = False
    list_per_page = 50

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def back_from_dialog(request: HttpRequest, page: str) -> HttpResponse:
    """Redirect to `page`. The admin's dialogs post by htmx, which would show the page inside them."""
    if request.headers.get("HX-Request"):
        return HttpResponse(headers={"HX-Redirect": page})
    return HttpResponseRedirect(page)
