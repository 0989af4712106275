import pytest
import structlog
from django.db import transaction

from core.mail import services as mail
from core.observability import request_id
from core.outbox import work
from core.outbox.models import OutboxMessage
from tests.messages import handle


@pytest.mark.parametrize("offered", ["abcdefgh", "0123456789abcdef-A.b_c", "x" * 128])
def test_request_id__harmless__is_echoed(client, offered):
    response = client.get("/health", headers={"X-Request-ID": offered})

    assert response["X-Request-ID"] == offered


@pytest.mark.parametrize(
    "offered", ["", "short", "x" * 129, "a b c d e f", "evil\r\nSet-Cookie: a=b", "ünicode-id"]
)
def test_request_id__harmful_or_missing__is_made_anew(client, offered):
    response = client.get("/health", headers={"X-Request-ID": offered})

    assert response["X-Request-ID"] != offered
    assert len(response["X-Request-ID"]) == 32


def test_request_id__of_a_problem__is_in_its_body(client):
    response = client.get("/nowhere", headers={"X-Request-ID": "request-42"})

    assert response.json()["request_id"] == response["X-Request-ID"] == "request-42"


def test_request_id__after_the_request__is_gone(client):
    client.get("/health", headers={"X-Request-ID": "request-42"})

    assert request_id.current() == ""
    assert "request_id" not in structlog.contextvars.get_contextvars()


@pytest.mark.django_db
def test_request_id__of_the_cause__is_bound_while_its_message_is_handled(monkeypatch):
    with request_id.bind("request-42"), transaction.atomic():
        mail.queue(to="a@shop.test", subject="s", text="t")
    seen = []
    monkeypatch.setattr(work, "_run_handler", lambda handler, message: seen.append(request_id.current()))

    handle(OutboxMessage.objects.get().pk)

    assert seen == ["request-42"]
