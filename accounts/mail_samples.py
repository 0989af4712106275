"""The mails about accounts with a sample each, for /dev/mail/preview."""

from core.mail.rendering import show_sample

VERIFY = {
    "name": "Alice Example",
    "token": "eyJ1c2VyIjoiIn0:sample",
    "url": "https://shop.example/api/v1/auth/verify-email",
    "days": 3,
}


def show_samples() -> None:
    show_sample("accounts/verify_email", lambda: VERIFY)
