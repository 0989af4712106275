"""What an e-mail address is to the shop: one spelling of each, and one way to compare two.

The domain is written in the letters of its own language, in lower case (IDNA 2008): `bücher.example` is one
address whether it is typed composed, decomposed, full-width or as `xn--bcher-kva.example`. Before the @ only
ASCII is taken: everything else needs SMTPUTF8, which few servers have. RFC 5321 leaves the case of that part
to its host, so it is kept as it was typed, and ignored where two addresses are compared.
"""

from functools import lru_cache

from django.core.exceptions import ValidationError
from email_validator import EmailNotValidError, ValidatedEmail, validate_email


class NotAnAddress(ValueError):
    """No mail server takes mail for this. Its text says why, as a sentence for people."""


def normalised(text: str) -> str:
    """The address as it is stored and shown. Raises NotAnAddress."""
    return _valid(text.strip()).normalized


def for_transport(text: str) -> str:
    """The address as SMTP and mail headers take it, all in ASCII. Raises NotAnAddress."""
    return str(_valid(text.strip()).ascii_email)


def is_address(text: str) -> bool:
    try:
        normalised(text)
    except NotAnAddress:
        return False
    return True


def validate(text: str) -> None:
    """For fields of models. Raises ValidationError."""
    try:
        normalised(text)
    except NotAnAddress as error:
        raise ValidationError(str(error), code="invalid") from error


def comparable(text: str) -> str:
    """The same text for every spelling of one address. What is no address is comparable to itself alone."""
    try:
        return normalised(text).lower()
    except NotAnAddress:
        return text.strip()


@lru_cache(maxsize=1024)
def _valid(text: str) -> ValidatedEmail:
    """Without a look into the DNS. `strict` holds the 64 octets before the @; `.test` is for tests."""
    try:
        return validate_email(
            text,
            allow_smtputf8=False,
            check_deliverability=False,
            strict=True,
            test_environment=True,
        )
    except EmailNotValidError as error:
        raise NotAnAddress(str(error)) from error
