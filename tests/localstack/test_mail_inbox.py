import signal
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.core.mail import EmailMultiAlternatives, get_connection

from core.mail import rendering
from localstack import ports
from localstack.servers import running

pytestmark = pytest.mark.urls("localstack.urls")
ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Inbox:
    port: int
    name = "inbox"
    stop_signal = signal.SIGTERM

    def command(self):
        return [sys.executable, "-m", "localstack.inbox", str(self.port)]

    def is_ready(self):
        return ports.accepts(self.port)


@pytest.fixture
def smtp(settings, tmp_path, monkeypatch):
    """A connection to a running inbox that writes where the views read."""
    directory = tmp_path / "mail"
    directory.mkdir()  # as `make run` leaves it: there, and empty
    settings.MAIL_INBOX_DIR = str(directory)
    monkeypatch.setenv("MAIL_INBOX_DIR", settings.MAIL_INBOX_DIR)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    inbox = Inbox(ports.free_port())
    with running(inbox, log=tmp_path / "inbox.log"):
        backend = "django.core.mail.backends.smtp.EmailBackend"
        yield get_connection(backend, host="127.0.0.1", port=inbox.port, timeout=5)


def send(smtp, *, subject, text="text", html=None):
    message = EmailMultiAlternatives(
        subject, text, "Shop <shop@localhost>", ["Alice <alice@shop.test>"], connection=smtp
    )
    if html:
        message.attach_alternative(html, "text/html")
    message.send()


def test_messages__two_mails_sent__newest_first_with_text_and_html(client, smtp):
    send(smtp, subject="Order placed", text="Thank you, שלום\n", html="<p>Thank you</p>\n")
    send(smtp, subject="Order shipped")

    shipped, placed = client.get("/dev/mail/messages").json()

    assert shipped["subject"] == "Order shipped"
    assert {key: placed[key] for key in ("from", "to", "subject", "text", "html")} == {
        "from": "Shop <shop@localhost>",
        "to": "alice@shop.test",
        "subject": "Order placed",
        "text": "Thank you, שלום\n",
        "html": "<p>Thank you</p>\n",
    }
    assert placed["at"].endswith("Z")
    assert placed["at"] <= shipped["at"]


def test_messages__bodies_not_asked_for__the_same_without_them(client, smtp):
    send(smtp, subject="Größe ✓", html="<p>Thank you</p>\n")

    (whole,) = client.get("/dev/mail/messages").json()
    (headers,) = client.get("/dev/mail/messages?bodies=no").json()

    assert headers["subject"] == "Größe ✓"
    assert headers == {name: whole[name] for name in whole if name not in ("text", "html")}


def test_messages__no_mail_yet__empty_list(client, settings, tmp_path):
    settings.MAIL_INBOX_DIR = str(tmp_path / "nothing")

    assert client.get("/dev/mail/messages").json() == []


def test_inbox_page__hostile_mail__is_shown_and_not_run(client, smtp):
    send(smtp, subject="<script>alert(1)</script>", html='<img src="x" onerror="alert(1)">')

    page = client.get("/dev/mail").content.decode()

    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert 'srcdoc="&lt;img src=&quot;x&quot;' in page
    assert "<iframe sandbox title=" in page


def test_inbox_page__post__is_refused(client):
    assert client.post("/dev/mail").status_code == 405


def test_preview__each_language__shows_every_mail_in_a_sandbox(client):
    english = client.get("/dev/mail/preview").content.decode()
    hebrew = client.get("/dev/mail/preview", {"language": "he"}).content.decode()

    assert english.count("<iframe sandbox title=") == len(rendering.samples())
    assert "Tea &amp;lt;Darjeeling&amp;gt;" in english
    assert "lang=&quot;he&quot; dir=&quot;rtl&quot;" in hebrew
    assert "Your order S-2H4K9-7Q is cancelled" in english


@pytest.mark.parametrize("language", ["xx", "../etc"])
def test_preview__unknown_language__is_404(client, language):
    assert client.get("/dev/mail/preview", {"language": language}).status_code == 404
