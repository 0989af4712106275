"""Signed-in devices. Every refresh gives a new refresh token and ends the old one (RFC 9700, 4.14.2).

An old token that is presented again ends its session, whoever presents it and however close in time:
nobody can distinguish a thief from a client that asked twice. So a client refreshes from one place at a time
(a lock that its tabs share) and, at `token_reused`, logs in again.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address
from uuid import UUID

from django.conf import settings
from django.contrib.auth import authenticate
from rest_framework_simplejwt.exceptions import TokenError

from accounts import queries
from accounts.models import Session, User
from accounts.tokens import AccessToken, RefreshToken
from core.errors import DomainError
from core.ids import uuid7

PRUNE_BATCH = 5_000


class WrongCredentials(DomainError):
    code = "wrong_credentials"
    title = "E-mail or password is wrong"
    status = 401


class TokenInvalid(DomainError):
    code = "token_invalid"
    title = "This is not a valid refresh token"
    status = 401


class SessionEnded(DomainError):
    code = "session_ended"
    title = "This session has ended; log in again"
    status = 401


class TokenReused(DomainError):
    code = "token_reused"
    title = "This refresh token was used before; its session is ended"
    status = 401


@dataclass(frozen=True, kw_only=True)
class Device:
    """Where a log-in comes from, as its request says."""

    user_agent: str
    address: str


@dataclass(frozen=True, kw_only=True)
class TokenPair:
    """The two tokens of a session. `expires_in` is how many seconds the access token is good for."""

    access: str
    refresh: str
    expires_in: int
    token_type: str = "Bearer"  # noqa: S105 - the scheme's name


def log_in(*, email: str, password: str, device: Device, now: datetime) -> TokenPair:
    """Start a session. Raises WrongCredentials, after the same time whether or not the account exists."""
    user = authenticate(username=email, password=password)
    if not isinstance(user, User):
        raise WrongCredentials
    session_id = uuid7()
    token = RefreshToken.issue(user_id=user.pk, session_id=session_id)
    Session.objects.create(
        id=session_id,
        user=user,
        created_at=now,
        last_used_at=now,
        expires_at=now + settings.REFRESH_TOKEN_LIFETIME,
        refresh_hash=token.fingerprint(),
        user_agent=device.user_agent[:300],
        address=_valid_address(device.address),
    )
    return _pair(user, token)


def refresh(*, token: str, now: datetime) -> TokenPair:
    """Exchange a refresh token, once: of any number of parallel calls at most one succeeds.

    Raises TokenInvalid, SessionEnded, or TokenReused after ending the session. Not to be called inside a
    transaction: the refusal would undo the end of the session.
    """
    old = _read(token)
    session = queries.find_session(UUID(old["sid"]))
    if session is None or not session.is_live(now) or not session.user.is_active:
        raise SessionEnded
    fresh = RefreshToken.issue(user_id=session.user_id, session_id=session.pk)
    if not _rotate(session, old, fresh, now):
        end(session_ids=[session.pk], now=now)
        raise TokenReused
    return _pair(session.user, fresh)


def log_out(*, token: str, now: datetime) -> None:
    """End the session of any of its refresh tokens; it may have ended already. Raises TokenInvalid."""
    end(session_ids=[UUID(_read(token)["sid"])], now=now)


def end(*, session_ids: Iterable[UUID], now: datetime) -> int:
    """No refresh from now on; access tokens run out by themselves. Returns how many had not ended before."""
    return Session.objects.live(now).filter(pk__in=session_ids).update(revoked_at=now)


def end_all(*, user_id: UUID, now: datetime) -> int:
    """End every session of the user, on every device, as `end` does for one."""
    return Session.objects.live(now).filter(user_id=user_id).update(revoked_at=now)


def prune(*, before: datetime) -> int:
    """Delete sessions that ended before the given moment, in batches; returns how many."""
    total = 0
    while ended := _over(before):
        total += Session.objects.filter(pk__in=ended).delete()[0]
    return total


def _over(before: datetime) -> list[UUID]:
    return list(Session.objects.over_since(before).values_list("pk", flat=True)[:PRUNE_BATCH])


def _rotate(session: Session, old: RefreshToken, fresh: RefreshToken, now: datetime) -> bool:
    """One conditional UPDATE: the row lock lets a single caller find the old hash still there."""
    current = Session.objects.live(now).filter(pk=session.pk, refresh_hash=old.fingerprint())
    return bool(
        current.update(
            refresh_hash=fresh.fingerprint(),
            last_used_at=now,
            expires_at=now + settings.REFRESH_TOKEN_LIFETIME,
        )
    )


def _read(token: str) -> RefreshToken:
    try:
        return RefreshToken(token)
    except TokenError as error:
        raise TokenInvalid from error


def _pair(user: User, token: RefreshToken) -> TokenPair:
    access = AccessToken.issue(user_id=user.pk, session_id=token["sid"], staff=user.is_staff)
    return TokenPair(
        access=str(access), refresh=str(token), expires_in=int(settings.ACCESS_TOKEN_LIFETIME.total_seconds())
    )


def _valid_address(address: str) -> str | None:
    try:
        return str(ip_address(address))
    except ValueError:
        return None
