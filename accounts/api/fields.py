from typing import Any

from django.core.validators import RegexValidator
from rest_framework import serializers

# Said of the whole text, not of what is missing: the schema shows the pattern to clients.
ONE_LINE = RegexValidator(r"^[^\x00-\x1f\x7f\u2028\u2029]*\Z", "Give one line of text")


class PasswordField(serializers.CharField):
    """Kept as typed: spaces belong to a password. Bounded, because hashing costs by length."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=128, trim_whitespace=False, write_only=True, **kwargs)


class NameField(serializers.CharField):
    """A person's name: it stands in mails and labels, so no line breaks."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=150, allow_blank=True, validators=[ONE_LINE], **kwargs)
