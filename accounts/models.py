import unicodedata
from datetime import datetime
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.db.models.lookups import Exact
from django.utils import timezone

from core import emails
from core.ids import uuid7


def composed(password: str) -> str:
    """The one form (NFC) of what different keyboards type for the same letters (NIST SP 800-63B, 3.1.1.2)."""
    return unicodedata.normalize("NFC", password)


class UserQuerySet(models.QuerySet["User"]):
    def with_email(self, email: str | None) -> "UserQuerySet":
        """Who has this address, however it is spelled, by the index of `user_email_unique`.

        PostgreSQL's lower() takes letters for each other that no mail server does, so what is no address
        finds only an account from before whose address is written exactly so.
        """
        spelled = emails.comparable(email or "")
        found = self.filter(Exact(Lower("email"), Lower(models.Value(spelled))))
        return found if emails.is_address(spelled) else found.filter(email=spelled)

    def active(self) -> "UserQuerySet":
        return self.filter(is_active=True)


class UserManager(BaseUserManager["User"].from_queryset(UserQuerySet)):  # type: ignore[misc]
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """A stored user; without a password nobody can log in with it. Raises emails.NotAnAddress."""
        user = self.model(email=emails.normalised(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.with_email(username).get()


class User(AbstractBaseUser, PermissionsMixin):
    """Who logs in: a customer, or staff. The e-mail is unique in all its spellings (core/emails.py)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    email = models.EmailField(max_length=254, validators=[emails.validate])
    name = models.CharField(max_length=150, blank=True)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField("staff", default=False, help_text="May log in to the admin.")
    email_verified_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_unique")]
        indexes = [models.Index(fields=["-created_at"], name="user_newest")]

    def __str__(self) -> str:
        return self.email

    def set_password(self, raw_password: str | None) -> None:
        """Hashed as one composes it, however the keyboard does (RFC 8265, 4.2)."""
        super().set_password(raw_password if raw_password is None else composed(raw_password))

    def check_password(self, raw_password: str) -> bool:
        """Whether it is the password, in either form. A hash of before, of what was typed, is renewed."""
        if super().check_password(composed(raw_password)):
            return True
        is_right = raw_password != composed(raw_password) and super().check_password(raw_password)
        if is_right:
            super().set_password(composed(raw_password))
            self._password = None  # the password is the one that it was
            self.save(update_fields=["password"])
        return is_right

    def clean(self) -> None:
        """Normalise the address before a form is judged; one that is none has been found by its field."""
        super().clean()
        if emails.is_address(self.email):
            self.email = emails.normalised(self.email)

    @property
    def is_email_verified(self) -> bool:
        return self.email_verified_at is not None


class SessionQuerySet(models.QuerySet["Session"]):
    def live(self, now: datetime) -> "SessionQuerySet":
        return self.filter(revoked_at=None, expires_at__gt=now)

    def over_since(self, moment: datetime) -> "SessionQuerySet":
        return self.filter(models.Q(expires_at__lt=moment) | models.Q(revoked_at__lt=moment))


class Session(models.Model):
    """One signed-in device: the family of refresh tokens that descend from one log-in.

    Of its current refresh token only a hash is kept. The columns that a refresh writes have no index, so
    that it stays a heap-only update; pruning scans the table once a night instead.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="sessions")
    created_at = models.DateTimeField()
    last_used_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    refresh_hash = models.CharField(max_length=64)
    user_agent = models.CharField(max_length=300, blank=True)
    address = models.GenericIPAddressField(null=True, blank=True)

    objects = SessionQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.user_agent[:40]} {self.address}"

    def is_live(self, now: datetime) -> bool:
        return self.revoked_at is None and self.expires_at > now
