"""Verifying webhooks signed by the Standard Webhooks specification (standardwebhooks.com)."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime

from django.conf import settings

from orders.providers.base import SignatureInvalid

PREFIX = "whsec_"


def verified_id(*, headers: Mapping[str, str], body: bytes, secret: str, now: datetime) -> str:
    """The message's id, once its signature and its age fit. Raises SignatureInvalid."""
    message_id, sent_at = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not (secret and message_id and sent_at.isascii() and sent_at.isdigit()):
        raise SignatureInvalid
    signed = f"{message_id}.{sent_at}.".encode() + body
    expected = base64.b64encode(hmac.digest(_key(secret), signed, hashlib.sha256))
    offered = [part.removeprefix("v1,") for part in headers.get("webhook-signature", "").split(" ")]
    fits = [hmac.compare_digest(expected, signature.encode()) for signature in offered]
    if not any(fits) or abs(now.timestamp() - int(sent_at[:20])) > settings.PAYMENT_WEBHOOK_TOLERANCE:
        raise SignatureInvalid
    return message_id


def _key(secret: str) -> bytes:
    try:
        return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error as malformed:
        raise SignatureInvalid from malformed
