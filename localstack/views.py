"""What the local inbox received: a page for people, JSON for programs. Routed on the local stack only."""

from pathlib import Path

from csp.decorators import csp_update
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from core.mail import rendering
from localstack import mailbox

MAILS_ON_PAGE = 100


# Mails are styled inline. Their frame is sandboxed: it runs no script and opens nothing.
@csp_update({"style-src": ["'self'", "'unsafe-inline'"]})
@never_cache
@require_safe
def mail_inbox(request: HttpRequest) -> HttpResponse:
    directory = Path(settings.MAIL_INBOX_DIR)
    shown = mailbox.mails(directory, newest=MAILS_ON_PAGE)
    return render(request, "localstack/mail_inbox.html", {"mails": shown, "count": mailbox.count(directory)})


@csp_update({"style-src": ["'self'", "'unsafe-inline'"]})
@never_cache
@require_safe
def mail_preview(request: HttpRequest) -> HttpResponse:
    """Every mail that the shop can send, with a sample, in `?language=`."""
    language = request.GET.get("language", settings.LANGUAGE_CODE)
    if language not in dict(settings.LANGUAGES):
        raise Http404(f"No such language: {language}")
    with translation.override(language):
        samples = rendering.samples()
    shown = {"samples": samples, "language": language, "languages": settings.LANGUAGES}
    return render(request, "localstack/mail_preview.html", shown)


@never_cache
@require_safe
def mail_messages(request: HttpRequest) -> JsonResponse:
    """All mails; with `?bodies=no` without text and html, for tests that read thousands."""
    with_bodies = request.GET.get("bodies") != "no"
    return JsonResponse(mailbox.mails(Path(settings.MAIL_INBOX_DIR), with_bodies=with_bodies), safe=False)
