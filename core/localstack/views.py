"""What the local inbox received: a page for people, JSON for programs. Routed on the local stack only."""

from pathlib import Path

from csp.decorators import csp_update
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from core.localstack import mailbox

MAILS_ON_PAGE = 100


# Mails are styled inline. Their frame is sandboxed: it runs no script and opens nothing.
@csp_update({"style-src": ["'self'", "'unsafe-inline'"]})
@never_cache
@require_safe
def mail_inbox(request: HttpRequest) -> HttpResponse:
    mails = mailbox.mails(Path(settings.MAIL_INBOX_DIR))
    shown = mails[:MAILS_ON_PAGE]
    return render(request, "core/mail_inbox.html", {"mails": shown, "count": len(mails)})


@never_cache
@require_safe
def mail_messages(request: HttpRequest) -> JsonResponse:
    return JsonResponse(mailbox.mails(Path(settings.MAIL_INBOX_DIR)), safe=False)
