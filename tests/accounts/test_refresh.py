import threading
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from accounts.models import Session, User
from accounts.tokens import RefreshToken
from core.ids import uuid7
from tests.factories.accounts import PASSWORD

pytestmark = pytest.mark.django_db


def test_refresh__current_token__gives_a_new_pair(post, pair, client):
    response = post("refresh", {"refresh": pair["refresh"]})

    fresh = response.json()
    me = client.get("/api/v1/me", headers={"Authorization": f"Bearer {fresh['access']}"})
    assert (response.status_code, set(fresh)) == (200, set(pair))
    assert response["Cache-Control"] == "no-store"
    assert fresh["refresh"] != pair["refresh"]
    assert me.json()["email"] == "alice@shop.test"


def test_refresh__old_token_again__ends_the_family(post, pair):
    fresh = post("refresh", {"refresh": pair["refresh"]}).json()

    replay = post("refresh", {"refresh": pair["refresh"]})
    after = post("refresh", {"refresh": fresh["refresh"]})

    assert (replay.status_code, replay.json()["code"]) == (401, "token_reused")
    assert (after.status_code, after.json()["code"]) == (401, "session_ended")


def test_refresh__reuse__leaves_other_devices_alone(post, alice, pair):
    other = post("login", {"email": alice.email, "password": PASSWORD}).json()
    post("refresh", {"refresh": pair["refresh"]})
    post("refresh", {"refresh": pair["refresh"]})

    response = post("refresh", {"refresh": other["refresh"]})

    assert response.status_code == 200


@pytest.mark.django_db(transaction=True)
def test_refresh__twenty_at_once__one_wins_and_the_family_ends(post, pair):
    start, answers = threading.Barrier(20), []

    def refresh() -> None:
        start.wait()
        answers.append(post("refresh", {"refresh": pair["refresh"]}))
        connection.close()

    threads = [threading.Thread(target=refresh) for _ in range(20)]
    [t.start() for t in threads]
    [t.join() for t in threads]

    statuses = sorted(answer.status_code for answer in answers)
    winner = next(answer.json() for answer in answers if answer.status_code == 200)
    assert statuses == [200] + [401] * 19
    assert post("refresh", {"refresh": winner["refresh"]}).status_code == 401
    assert Session.objects.get().revoked_at is not None


def test_refresh__inactive_user__is_refused(post, pair):
    User.objects.update(is_active=False)

    response = post("refresh", {"refresh": pair["refresh"]})

    assert (response.status_code, response.json()["code"]) == (401, "session_ended")


def test_refresh__deleted_user__is_refused(post, alice, pair):
    alice.delete()

    response = post("refresh", {"refresh": pair["refresh"]})

    assert (response.status_code, response.json()["code"]) == (401, "session_ended")


def test_refresh__thirty_days_later__has_expired(post, pair):
    with time_machine.travel(timezone.now() + timedelta(days=30, seconds=2)):
        response = post("refresh", {"refresh": pair["refresh"]})

    assert (response.status_code, response.json()["code"]) == (401, "token_invalid")


def test_refresh__used_after_twenty_days__lasts_thirty_more(post, pair):
    with time_machine.travel(timezone.now() + timedelta(days=20)):
        fresh = post("refresh", {"refresh": pair["refresh"]}).json()

    with time_machine.travel(timezone.now() + timedelta(days=49)):
        response = post("refresh", {"refresh": fresh["refresh"]})

    assert response.status_code == 200


def test_refresh__staff_right_taken__is_not_in_the_new_token(post, client, alice, pair):
    User.objects.update(is_staff=True)
    promoted = post("refresh", {"refresh": pair["refresh"]}).json()
    User.objects.update(is_staff=False)

    demoted = post("refresh", {"refresh": promoted["refresh"]}).json()

    me = client.get("/api/v1/me", headers={"Authorization": f"Bearer {demoted['access']}"})
    assert me.json()["is_staff"] is False


@pytest.mark.parametrize("token", ["access", "unknown session"])
def test_refresh__not_a_refresh_token_of_ours__is_refused(post, alice, pair, token):
    unknown = str(RefreshToken.issue(user_id=alice.pk, session_id=uuid7()))

    response = post("refresh", {"refresh": pair["access"] if token == "access" else unknown})

    assert response.status_code == 401


@pytest.mark.parametrize("body", [{}, [], {"refresh": None}, {"refresh": [1]}, {"refresh": "x" * 5000}])
def test_refresh__bad_body__is_400(post, body):
    response = post("refresh", body)

    assert response.status_code == 400


def test_refresh__stale_authorization_header__does_not_matter(post, pair):
    headers = {"Authorization": "Bearer stale"}

    response = post("refresh", {"refresh": pair["refresh"]}, headers=headers)

    assert response.status_code == 200


def test_refresh__queries__one_read_and_one_write(post, pair, django_assert_num_queries):
    with django_assert_num_queries(2):
        post("refresh", {"refresh": pair["refresh"]})


def test_logout__refresh_token__ends_its_session_alone(post, alice, pair):
    other = post("login", {"email": alice.email, "password": PASSWORD}).json()

    response = post("logout", {"refresh": pair["refresh"]})

    assert (response.status_code, response.content) == (204, b"")
    assert post("refresh", {"refresh": pair["refresh"]}).json()["code"] == "session_ended"
    assert post("refresh", {"refresh": other["refresh"]}).status_code == 200


def test_logout__again__is_204_still(post, pair):
    post("logout", {"refresh": pair["refresh"]})

    response = post("logout", {"refresh": pair["refresh"]})

    assert response.status_code == 204


@pytest.mark.parametrize(
    ("body", "status"), [({}, 400), ({"refresh": "x.y.z"}, 401), ({"refresh": "é"}, 401)]
)
def test_logout__bad_token__is_refused(post, pair, body, status):
    response = post("logout", body)

    assert response.status_code == status


def test_logout__access_token__is_refused(post, pair):
    response = post("logout", {"refresh": pair["access"]})

    assert response.status_code == 401
    assert Session.objects.get().revoked_at is None
