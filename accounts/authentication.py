"""Bearer access tokens (RFC 6750). Verified with a public key alone: no query, no Redis."""

from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework_simplejwt.exceptions import ExpiredTokenError, TokenError

from accounts.tokens import AccessToken

SCHEME = "bearer"


@dataclass(frozen=True, slots=True)
class TokenUser:
    """The caller as the access token tells; `request.user` of every API view.

    Give `pk` to queries (`filter(user_id=request.user.pk)`). `is_staff` may be some minutes old: what
    needs staff states accounts.permissions.IsStaff, which asks the database.
    """

    pk: UUID
    is_staff: bool
    session_id: UUID

    is_authenticated: ClassVar[bool] = True
    is_anonymous: ClassVar[bool] = False
    is_active: ClassVar[bool] = True

    @property
    def id(self) -> UUID:
        return self.pk

    def __str__(self) -> str:
        return str(self.pk)


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer <access token>`. Without the header the caller is anonymous."""

    def authenticate(self, request: Request) -> tuple[TokenUser, None] | None:
        scheme, _, token = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
        if scheme.lower() != SCHEME:
            return None
        return _user(token.strip()), None

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


def _user(token: str) -> TokenUser:
    try:
        claims: dict[str, Any] = AccessToken(token).payload
        return TokenUser(UUID(claims["sub"]), claims.get("staff") is True, UUID(claims["sid"]))
    except ExpiredTokenError as error:
        raise AuthenticationFailed("The access token has expired", code="token_expired") from error
    except (TokenError, ValueError) as error:
        raise AuthenticationFailed("This is not a valid access token", code="token_invalid") from error
