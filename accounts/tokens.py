"""Access and refresh tokens: simplejwt's, signed and verified with the key ring.

The key id in a token's header picks the key, and the key alone picks the algorithm: what a token says of
its own algorithm is never believed (RFC 8725, 3.1).
"""

import hashlib
from typing import Any, Self

import jwt
from django.conf import settings
from jwt.exceptions import ExpiredSignatureError, InvalidTokenError
from rest_framework_simplejwt.backends import TokenBackend
from rest_framework_simplejwt.exceptions import TokenBackendError, TokenBackendExpiredToken
from rest_framework_simplejwt.tokens import Token

from accounts import keys
from accounts.key_files import Key

REQUIRED = ["exp", "iat", "iss", "aud", "sub", "sid", "jti"]


class KeyRingBackend(TokenBackend):
    """Signs with the newest key and names it in `kid`; verifies with the named key."""

    def encode(self, payload: dict[str, Any]) -> str:
        key = keys.ring().signing()
        claims = {**payload, "iss": settings.JWT_ISSUER, "aud": settings.JWT_AUDIENCE}
        return jwt.encode(claims, key.private, algorithm=key.algorithm, headers={"kid": key.kid})

    def decode(self, token: Any, verify: bool = True) -> dict[str, Any]:  # noqa: FBT001, FBT002 - simplejwt's
        """The claims of a token that one of our keys signed for this audience and that has not expired.

        `verify` is ignored: unverified claims are of no use to anybody here.
        """
        try:
            key = _key_of(token)
            return jwt.decode(
                token,
                key.public,
                algorithms=[key.algorithm],
                audience=settings.JWT_AUDIENCE,
                issuer=settings.JWT_ISSUER,
                # A host whose clock runs behind must not refuse a token made this second.
                options={"require": REQUIRED, "verify_iat": False},
            )
        except ExpiredSignatureError as error:
            raise TokenBackendExpiredToken("Token is expired") from error
        except (InvalidTokenError, ValueError) as error:
            raise TokenBackendError("Token is invalid") from error


def _key_of(token: str) -> Key:
    kid = jwt.get_unverified_header(token).get("kid")
    key = keys.ring().find(kid) if isinstance(kid, str) else None
    if key is None:
        raise InvalidTokenError("Unknown key")
    return key


class _OurToken(Token):
    _token_backend = KeyRingBackend("EdDSA")

    def __init__(self, token: str | None = None) -> None:
        """A verified token, or with None a new one. Raises TokenError (ExpiredTokenError)."""
        super().__init__(token)  # type: ignore[arg-type]  # simplejwt's annotation

    @property
    def kid(self) -> str:
        """The id of the key that verified the token; it was read from `token` itself."""
        return str(jwt.get_unverified_header(str(self.token))["kid"])

    @classmethod
    def issue(cls, *, user_id: Any, session_id: Any, **claims: Any) -> Self:
        """A new token of the session; str() signs it."""
        token = cls()
        token.payload.update(sub=str(user_id), sid=str(session_id), **claims)
        return token


class AccessToken(_OurToken):
    """Who asks, for a few minutes, verified without the database. `staff` is a hint: IsStaff checks it."""

    token_type = "access"  # noqa: S105 - a claim, not a secret
    lifetime = settings.ACCESS_TOKEN_LIFETIME


class RefreshToken(_OurToken):
    """A token that is good for one refresh of its session."""

    token_type = "refresh"  # noqa: S105 - a claim, not a secret
    lifetime = settings.REFRESH_TOKEN_LIFETIME

    def fingerprint(self) -> str:
        """What the session keeps in place of the token."""
        return hashlib.sha256(self.payload["jti"].encode()).hexdigest()
