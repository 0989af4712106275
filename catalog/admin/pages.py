"""What the catalogue's admin pages share."""

from typing import Any

from django.contrib import messages
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from unfold.admin import ModelAdmin

from catalog.services.races import constraints_decide
from core.errors import DomainError
from core.http.admin import ShownLookups


class Page(ShownLookups, ModelAdmin):
    """A refusal of a service is a message beside the form, and nothing is saved."""

    list_per_page = 50
    show_full_result_count = False  # counting a million rows is no use to anybody

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        save = constraints_decide(super().changeform_view)
        try:
            answer: HttpResponse = save(request, object_id, form_url, extra_context)
        except DomainError as refused:
            self.message_user(request, refused.detail, messages.ERROR)
            answer = HttpResponseRedirect(request.get_full_path())
        return answer


class ReadOnlyPage(Page):
    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


def actor(request: HttpRequest) -> str:
    """How the ledger names who is signed in."""
    return f"user:{request.user.pk}"
