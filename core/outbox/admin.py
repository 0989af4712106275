from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from unfold.admin import ModelAdmin
from unfold.dataclasses import ActionDialog
from unfold.decorators import action, display
from unfold.enums import ActionVariant
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminTextInputWidget

from core.http.admin import ReadOnly, back_from_dialog
from core.outbox import dead
from core.outbox.models import OutboxMessage
from core.outbox.queries import STATES


class StateFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(name, name) for name in STATES]

    def queryset(self, request: HttpRequest, queryset: QuerySet[OutboxMessage]) -> QuerySet[OutboxMessage]:
        return queryset.filter(STATES.get(self.value() or "", Q()))


class SkipForm(BaseDialogForm):
    reason = forms.CharField(max_length=300, widget=UnfoldAdminTextInputWidget)


@admin.register(OutboxMessage)
class OutboxMessageAdmin(ReadOnly, ModelAdmin):
    list_display = ["id", "event", "handler", "shown_state", "attempts", "created_at", "next_attempt_at"]
    list_filter = [StateFilter]
    list_filter_submit = False
    search_fields = ["aggregate__exact", "request_id__exact"]
    search_help_text = "The id of what the event is about, or a request id."
    ordering = ["-id"]
    actions = ["replay"]
    actions_detail = ["skip"]

    @display(
        description="state",
        label={
            "handled": "success",
            "skipped": "warning",
            "dead": "danger",
            "retrying": "warning",
            "published": "info",
        },
    )
    def shown_state(self, message: OutboxMessage) -> str:
        return message.state

    @action(description="Replay dead messages", permissions=["replay"])
    def replay(self, request: HttpRequest, queryset: QuerySet[OutboxMessage]) -> None:
        replayed = dead.replay(list(queryset.values_list("pk", flat=True)))
        self.message_user(request, f"{replayed} dead messages will run again", messages.SUCCESS)

    @action(
        description="Skip",
        url_path="skip",
        permissions=["replay"],
        variant=ActionVariant.WARNING,
        dialog=ActionDialog(
            title="Skip this message",
            description="Only a dead one. It counts as handled and never runs again.",
            form_class=SkipForm,
            form_submit_text="Skip",
        ),
    )
    def skip(self, request: HttpRequest, form: SkipForm, object_id: str) -> HttpResponse:
        reason, actor = form.cleaned_data["reason"], request.user.get_username()
        if dead.skip(message_id=int(object_id), reason=reason, actor=actor):
            self.message_user(request, "The message is skipped", messages.SUCCESS)
        else:
            self.message_user(request, "Only dead messages can be skipped", messages.ERROR)
        return back_from_dialog(request, reverse("admin:core_outboxmessage_change", args=[object_id]))

    def has_replay_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return request.user.has_perm("core.change_outboxmessage")
