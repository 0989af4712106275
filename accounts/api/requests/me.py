from typing import Annotated

from core.http.bodies import RequestBody
from core.http.fields import NOT_GIVEN, Pattern, text

# A person's name stands in mails and labels, so it has no line breaks. Said of the whole text, not of what is
# missing: the schema shows the pattern to clients.
Name = Annotated[
    str,
    text(150, is_blank_taken=True),
    Pattern(r"[^\x00-\x1f\x7f\u2028\u2029]*", "Give one line of text"),
]


class ProfileChangeRequest(RequestBody):
    name: Name = NOT_GIVEN
