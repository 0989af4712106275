from typing import Annotated

from pydantic import Field, StringConstraints

from accounts.api.requests.me import Name
from core.http.bodies import RequestBody
from core.http.fields import MAX_EMAIL, Email, text

# Kept as typed: spaces belong to a password. Bounded, because hashing costs by length.
Password = Annotated[
    str, StringConstraints(min_length=1, max_length=128), Field(json_schema_extra={"writeOnly": True})
]


class RegistrationRequest(RequestBody):
    email: Email
    password: Password
    name: Name = ""


class CredentialsRequest(RequestBody):
    email: Annotated[str, text(MAX_EMAIL)]
    password: Password


class RefreshRequest(RequestBody):
    refresh: Annotated[str, text(4096)]


class VerifyEmailRequest(RequestBody):
    token: Annotated[str, text(1024)]
