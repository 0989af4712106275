from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin
from unfold.decorators import action, display

from core.http.admin import ReadOnly
from core.mail import services
from core.mail.models import Mail


@admin.register(Mail)
class MailAdmin(ReadOnly, ModelAdmin):
    list_display = ["to", "subject", "shown_status", "created_at", "sent_at"]
    list_filter = ["status"]
    search_fields = ["to__iexact", "cause"]
    search_help_text = "The whole address, or part of the cause."
    ordering = ["-created_at"]
    actions = ["requeue"]
    fields = ["to", "subject", "shown_text", "status", "error", "cause", "created_at", "sent_at"]

    @display(
        description="status",
        ordering="status",
        label={"sent": "success", "failed": "danger", "queued": "info"},
    )
    def shown_status(self, mail: Mail) -> str:
        return mail.status

    @display(description="text")
    def shown_text(self, mail: Mail) -> str:
        return "Only its receiver may read this one." if mail.holds_secret else mail.text

    @action(description="Send failed mail again", permissions=["requeue"])
    def requeue(self, request: HttpRequest, queryset: QuerySet[Mail]) -> None:
        queued = services.requeue(mail_ids=queryset.values_list("pk", flat=True))
        self.message_user(request, f"{queued} failed mails are queued again", messages.SUCCESS)

    def has_requeue_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("core.change_mail")
