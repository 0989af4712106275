from typing import Annotated

from core.http.bodies import RequestBody
from core.http.fields import Email, text


class EmailRequest(RequestBody):
    to: Email
    subject: Annotated[str, text(200)]
    body: Annotated[str, text(100_000)]
