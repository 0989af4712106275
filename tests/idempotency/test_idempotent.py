"""`@idempotent` on views of this module's own, over a real server where requests race."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from django.db import connection
from django.test import Client
from django.urls import path
from rest_framework.permissions import AllowAny
from rest_framework.response import Response
from rest_framework.views import APIView

from core.errors import Conflict
from core.idempotency import decorator
from core.idempotency.decorator import idempotent
from core.idempotency.models import IdempotencyRecord
from core.mail.models import Mail
from tests.factories.accounts import UserFactory, bearer

started, go_on = threading.Event(), threading.Event()


class Taken(Conflict):
    code = "taken"


class EffectView(APIView):
    """Each run leaves one row. The body says how it ends."""

    permission_classes = [AllowAny]
    fingerprint_headers = ["X-Cart-Token"]

    @idempotent
    def post(self, request):
        mail = Mail.objects.create(to="a@shop.test", subject="effect", text="")
        match request.data.get("then"):
            case "refuse":
                raise Taken
            case "answer_500":
                return Response({"code": "broken"}, status=503)
            case "crash":
                raise RuntimeError("crash")
            case "finish_elsewhere_and_refuse":
                _elsewhere(_store_answer_to, request)
                raise Taken
            case "wait":
                started.set()
                assert go_on.wait(20)
        return Response({"id": str(mail.pk)}, status=201, headers={"Location": f"/effects/{mail.pk}"})


def _elsewhere(do, *args):
    """Run it on a connection of its own, committed when this returns."""

    def run():
        try:
            do(*args)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(20)


def _store_answer_to(request):
    """As the first use of the key would have, had it finished just after the second sought its answer."""
    IdempotencyRecord.objects.create(
        scope="guest",
        key="k",
        fingerprint=decorator._fingerprint(EffectView, request),
        status=201,
        body=b"first",
    )


urlpatterns = [
    path("effects", EffectView.as_view()),
    path("others", EffectView.as_view()),
]
handler500 = "core.http.problems.server_error"


@pytest.fixture(autouse=True)
def own_urls(settings):
    settings.ROOT_URLCONF = __name__
    started.clear()
    go_on.clear()


def _post(client=None, *, key="k", url="/effects", body=b'{"a": 1}', **headers):
    client = client or Client(raise_request_exception=False)
    given = {"Idempotency-Key": key, **headers} if key is not None else headers
    return client.post(url, body, content_type="application/json", headers=given)


@pytest.mark.django_db
def test_same_key__same_request__same_bytes_and_one_effect():
    first, second = _post(), _post()

    assert (first.status_code, second.status_code) == (201, 201)
    assert first.content == second.content
    assert [first[h] for h in ("Location", "Content-Type")] == [
        second[h] for h in ("Location", "Content-Type")
    ]
    assert (first.get("Idempotent-Replayed"), second["Idempotent-Replayed"]) == (None, "true")
    assert Mail.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_same_key__first_finished_a_moment_ago__answers_like_it_instead_of_refusing():
    answer = _post(body=b'{"then": "finish_elsewhere_and_refuse"}')

    assert (answer.status_code, answer.content) == (201, b"first")
    assert answer["Idempotent-Replayed"] == "true"
    assert not Mail.objects.exists()


@pytest.mark.django_db
def test_no_key__each_request_runs():
    assert [_post(key=None).status_code for _ in range(2)] == [201, 201]
    assert (Mail.objects.count(), IdempotencyRecord.objects.count()) == (2, 0)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "change",
    [
        {"body": b'{"a": 2}'},
        {"body": b'{"a": 1} '},
        {"url": "/others"},
        {"url": "/effects?b=1"},
        {"X-Cart-Token": "somebody's"},
    ],
)
def test_same_key__other_request__is_422_without_effect(change):
    _post()

    refused = _post(**change)

    assert (refused.status_code, refused.json()["code"]) == (422, "idempotency_key_reused")
    assert Mail.objects.count() == 1


@pytest.mark.django_db
def test_same_key__other_users__are_independent():
    alice, bob = bearer(UserFactory()), bearer(UserFactory())

    answers = [_post(**headers) for headers in (alice, bob, {}, alice)]

    assert [a.get("Idempotent-Replayed") for a in answers] == [None, None, None, "true"]
    assert Mail.objects.count() == 3


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["", "x" * 256, "naïve", "two\tparts"])
def test_key_that_cannot_be_one__is_400(key):
    refused = _post(key=key)

    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, "Idempotency-Key")
    assert not Mail.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("then", "status"), [("refuse", 409), ("answer_500", 503), ("crash", 500)])
def test_request_fails__nothing_is_kept_and_the_key_is_free(then, status):
    failed = _post(body=b'{"then": "%s"}' % then.encode())

    assert failed.status_code == status
    assert (Mail.objects.count(), IdempotencyRecord.objects.count()) == (0, 0)
    again = _post()
    assert (again.status_code, again.get("Idempotent-Replayed")) == (201, None)


@pytest.mark.django_db(transaction=True)
def test_same_key__first_is_still_running__is_409_with_retry_after(live_server):
    def first():
        return requests.post(f"{live_server}/effects", json={"then": "wait"}, headers=KEY, timeout=30)

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(first)
        assert started.wait(20)
        busy = requests.post(f"{live_server}/effects", json={"then": "wait"}, headers=KEY, timeout=30)
        go_on.set()
        done = running.result()

    assert (busy.status_code, busy.json()["code"], busy.headers["Retry-After"]) == (
        409,
        "idempotency_key_in_use",
        "1",
    )
    assert done.status_code == 201
    assert Mail.objects.count() == 1


KEY = {"Idempotency-Key": "k"}


@pytest.mark.django_db(transaction=True)
def test_simultaneous_duplicates__of_many_keys__run_once_each(live_server):
    keys = [f"key-{number}" for number in range(10)] * 10

    def send(key):
        answer = requests.post(
            f"{live_server}/effects", json={}, headers={"Idempotency-Key": key}, timeout=30
        )
        return key, answer.status_code, answer.content

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(send, keys))

    assert {status for _, status, _ in answers} <= {201, 409}
    bodies = {(key, body) for key, status, body in answers if status == 201}
    assert Counter(key for key, _ in bodies) == Counter(set(keys))
    assert Mail.objects.count() == 10


@pytest.mark.django_db(transaction=True)
def test_connection_lost_before_commit__leaves_neither_effect_nor_answer(monkeypatch):
    def lose(*args):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    with monkeypatch.context() as patch:
        patch.setattr("core.idempotency.decorator._keep", lose)
        lost = _post()
    connection.close()

    assert (lost.status_code, lost["Retry-After"]) == (503, "1")
    assert (Mail.objects.count(), IdempotencyRecord.objects.count()) == (0, 0)
    assert _post().status_code == 201
