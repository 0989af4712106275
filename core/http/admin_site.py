"""The admin's site: what holds on every page of every model, also on those of other people's apps.

Each page class that is registered is registered behind `Guarded`, so none can forget it.
"""

from functools import cache
from typing import Any

from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.db import DataError
from django.db.models import Field, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from unfold.admin import ModelAdmin
from unfold.sites import UnfoldAdminSite

from core.http.forms import form_class

MAX_VALUE, MAX_WORDS = 200, 8  # characters of a filter or a search; each word is a join
MAX_IDS = 20_000  # characters of a list of ids
# What comes of a query that an address asks for and Django, Python or PostgreSQL cannot take.
UNREADABLE = (IncorrectLookupParameters, LookupError, TypeError, ValueError, ArithmeticError, DataError)


class StrictNumbers:
    """In front of a page or an inline: its forms take no number that the API would not."""

    def formfield_for_dbfield(self, db_field: "Field[Any, Any]", request: HttpRequest, **kwargs: Any) -> Any:
        strict = form_class(db_field)
        return super().formfield_for_dbfield(db_field, request, **strict | kwargs)  # type: ignore[misc]


class Guarded(StrictNumbers):
    """In front of a ModelAdmin. A list whose address makes no sense leads to the whole list, and says so."""

    def get_inlines(self, request: HttpRequest, obj: Any) -> list[Any]:
        return [_behind(StrictNumbers, inline) for inline in super().get_inlines(request, obj)]  # type: ignore[misc]

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        """No regular expressions: a bad one is an error of the database, an evil one keeps it busy."""
        is_pattern = lookup.rpartition("__")[2] in ("regex", "iregex")
        return not is_pattern and super().lookup_allowed(lookup, value, request)  # type: ignore[misc]

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        """Counts its rows, so whatever its filters make of the query comes to light here."""
        if not all(_is_short(name, str(value)) for name, value in request.GET.items()):
            raise IncorrectLookupParameters("A filter or search is too long")
        try:
            found: ChangeList = super().get_changelist_instance(request)  # type: ignore[misc]
        except UNREADABLE as error:
            if not request.GET:
                raise
            raise IncorrectLookupParameters(str(error)) from error
        return found

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """For the boxes that complete a name too: nothing is found by what is no search."""
        if "\x00" in search_term or not _is_short("q", search_term):
            return queryset.none(), False
        found: tuple[QuerySet[Any], bool] = super().get_search_results(request, queryset, search_term)  # type: ignore[misc]
        return found

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        try:
            answer = super().changelist_view(request, extra_context)  # type: ignore[misc]
            if request.method == "GET" and hasattr(answer, "render"):
                answer = answer.render()  # the filters beside the list read the address too
        except UNREADABLE:
            if request.method != "GET" or not request.GET:
                raise
            answer = HttpResponseRedirect(f"{request.path}?e=1")
        if answer.status_code == 302 and answer["Location"] == f"{request.path}?e=1":
            self.message_user(request, REFUSED, messages.WARNING)  # type: ignore[attr-defined]
        return answer


REFUSED = "The address of this list cannot be read, so all rows are shown."


class ShopSite(UnfoldAdminSite):
    """The theme's site, with every page behind `Guarded`."""

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        super().register(model_or_iterable, _behind(Guarded, admin_class or ModelAdmin), **options)


@cache
def _behind(guard: type, page: Any) -> Any:
    return type(page)(page.__name__, (guard, page), {"__module__": page.__module__, "__doc__": page.__doc__})


def _is_short(name: str, value: str) -> bool:
    if name == "q":
        return len(value) <= MAX_VALUE and len(value.split()) <= MAX_WORDS
    return len(value) <= (MAX_IDS if name.endswith("__in") else MAX_VALUE)
