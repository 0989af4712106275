import hashlib

from rest_framework.request import Request

from core import emails
from core.http.fields import MAX_EMAIL
from core.limits.addresses import client_address, network_of
from core.limits.throttles import RateLimit


class RegisterLimit(RateLimit):
    scope = "register"


class LoginLimit(RateLimit):
    scope = "login"


class LoginAccountLimit(RateLimit):
    """Guesses at one account from one network: a stranger elsewhere cannot use up the owner's tries."""

    scope = "login_account"

    def key(self, request: Request) -> str:
        data = request.data if isinstance(request.data, dict) else {}
        email = emails.comparable(str(data.get("email", ""))[:MAX_EMAIL])
        return hashlib.sha256(f"{email}\n{network_of(client_address(request))}".encode()).hexdigest()


class RefreshLimit(RateLimit):
    scope = "refresh"


class VerifyEmailLimit(RateLimit):
    scope = "verify_email"
