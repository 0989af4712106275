from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect


class ShownLookups:
    """Mixed in front of ModelAdmin: lists are filtered by what they show, and by nothing else.

    Django lets an address filter by every field of the model (`?token_hash__startswith=a`), so that whoever
    may look at a list could find out, letter by letter, what it does not show.
    """

    def lookup_allowed(self, lookup: str, value: Any, request: Any = None) -> bool:
        if lookup.split("__", maxsplit=1)[0] not in self._shown(request):
            return False
        allowed: bool = super().lookup_allowed(lookup, value, request)  # type: ignore[misc]
        return allowed

    def _shown(self, request: Any) -> set[str]:
        """Columns, and what filters go by: a field, a field with its kind of filter, or a class of ours."""
        filters = [f[0] if isinstance(f, tuple | list) else f for f in self.get_list_filter(request)]  # type: ignore[attr-defined]
        names = [f if isinstance(f, str) else getattr(f, "parameter_name", "") for f in filters]
        columns = [*self.get_list_display(request), self.date_hierarchy or ""]  # type: ignore[attr-defined]
        return {str(name).split("__", maxsplit=1)[0] for name in (*names, *columns)}


class ReadOnly(ShownLookups):
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
