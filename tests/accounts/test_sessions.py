from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import Session, User
from accounts.services import sessions
from accounts.tasks import prune_sessions
from tests.factories.accounts import UserFactory

pytestmark = pytest.mark.django_db


def make_session(user, *, expires_in=10, revoked_ago=None):
    """Days: until it expires (before now where negative), since it was revoked."""
    now = timezone.now()
    return Session.objects.create(
        user=user,
        created_at=now,
        last_used_at=now,
        expires_at=now + timedelta(days=expires_in),
        revoked_at=None if revoked_ago is None else now - timedelta(days=revoked_ago),
        refresh_hash="0" * 64,
    )


def test_prune__long_ended_sessions__go_and_the_others_stay(alice, monkeypatch):
    monkeypatch.setattr(sessions, "PRUNE_BATCH", 2)
    kept = [
        make_session(alice),
        make_session(alice, expires_in=-29),
        make_session(alice, revoked_ago=29),
    ]
    for _ in range(3):
        make_session(alice, expires_in=-31)
        make_session(alice, revoked_ago=31)

    prune_sessions()
    prune_sessions()

    assert set(Session.objects.values_list("pk", flat=True)) == {s.pk for s in kept}


def test_end_all__two_users__ends_those_of_the_one(alice):
    bob = UserFactory()
    hers, his = make_session(alice), make_session(bob)

    ended = sessions.end_all(user_id=alice.pk, now=timezone.now())

    live = Session.objects.live(timezone.now())
    assert (ended, list(live), live.filter(pk=hers.pk).exists()) == (1, [his], False)


def test_with_email__any_case__is_found_by_the_unique_index(alice):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    found = User.objects.with_email("ALICE@shop.test")

    assert found.get() == alice
    assert "user_email_unique" in found.explain()
