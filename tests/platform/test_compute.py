import pytest

from core.compute import services
from core.compute.models import ComputeJob
from core.compute.primes import primes_below
from core.outbox.models import OutboxMessage
from tests.factories.accounts import UserFactory, bearer
from tests.messages import handle

COMPUTE = "/api/v1/compute"
pytestmark = pytest.mark.django_db


@pytest.fixture
def alice():
    return UserFactory()


def _ask(client, user, sent, **headers):
    return client.post(COMPUTE, sent, content_type="application/json", headers=bearer(user) | headers)


@pytest.mark.parametrize(
    ("limit", "count", "largest"), [(2, 0, None), (3, 1, 2), (100, 25, 97), (10_000, 1229, 9973)]
)
def test_primes__known_counts__agree(limit, count, largest):
    assert primes_below(limit) == {"count": count, "largest": largest}


def test_compute__asked__is_queued_and_not_done_in_the_request(client, alice):
    response = _ask(client, alice, {"primes_below": 1000})

    body = response.json()
    assert response.status_code == 202
    assert (body["status"], body["result"]) == ("queued", None)
    assert response["Location"] == body["url"]


def test_compute__worker_ran__result_is_at_the_url(client, alice):
    url = _ask(client, alice, {"primes_below": 1000}).json()["url"]

    handle(OutboxMessage.objects.get().pk)

    body = client.get(url, headers=bearer(alice)).json()
    assert (body["status"], body["result"]) == ("done", {"count": 168, "largest": 997})
    assert body["finished_at"] is not None


def test_compute__message_delivered_twice__keeps_the_first_result(client, alice):
    job_id = _ask(client, alice, {"primes_below": 100}).json()["id"]
    services.run(job_id=job_id)
    first = ComputeJob.objects.get()

    services.run(job_id=job_id)

    assert ComputeJob.objects.get().finished_at == first.finished_at


def test_compute__took_too_long__is_failed_and_says_so(client, alice, monkeypatch):
    job_id = _ask(client, alice, {"primes_below": 100}).json()["id"]

    def over_limit(limit):
        raise services.SoftTimeLimitExceeded

    monkeypatch.setattr(services, "primes_below", over_limit)
    services.run(job_id=job_id)

    job = ComputeJob.objects.get()
    assert (job.status, job.result) == ("failed", {"error": "took too long"})


def test_compute__somebody_elses_job__is_404(client, alice):
    url = _ask(client, alice, {"primes_below": 100}).json()["url"]

    assert client.get(url, headers=bearer(UserFactory())).status_code == 404


@pytest.mark.parametrize("limit", [1, 0, -5, 5_000_001, 10**30, "many", None, 1.5, True, [7]])
def test_compute__limit_out_of_bounds__is_400(client, alice, limit):
    response = _ask(client, alice, {"primes_below": limit})

    assert response.status_code == 400
    assert response.json()["errors"][0]["field"] == "primes_below"
    assert not ComputeJob.objects.exists()


def test_compute__nobody__is_401(client):
    assert client.post(COMPUTE, {"primes_below": 10}, content_type="application/json").status_code == 401


def test_compute__too_often__is_429_with_retry_after(client, alice):
    answers = [_ask(client, alice, {"primes_below": 2}) for _ in range(11)]

    assert [a.status_code for a in answers] == [202] * 10 + [429]
    assert int(answers[-1]["Retry-After"]) >= 1
