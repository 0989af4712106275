from datetime import datetime
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.db.models.lookups import Exact
from django.utils import timezone

from core.ids import uuid7


def normalised_email(email: str) -> str:
    """The address as it is stored: only its domain in lower case (RFC 5321 leaves the rest to its host)."""
    return BaseUserManager.normalize_email(email.strip())


class UserQuerySet(models.QuerySet["User"]):
    def with_email(self, email: str | None) -> "UserQuerySet":
        """Users with the address in any case, by the index of `user_email_unique` (not by iexact)."""
        return self.filter(Exact(Lower("email"), Lower(models.Value(email or ""))))

    def active(self) -> "UserQuerySet":
        return self.filter(is_active=True)


class UserManager(BaseUserManager["User"].from_queryset(UserQuerySet)):  # type: ignore[misc]
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """A stored user; without a password nobody can log in with it."""
        user = self.model(email=normalised_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.with_email(username).get()


class User(AbstractBaseUser, PermissionsMixin):
    """Who logs in: a customer, or staff. The e-mail is unique without regard to case."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    email = models.EmailField(max_length=254)
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

    def clean(self) -> None:
        """Normalise the address before a form is judged."""
        super().clean()
        self.email = normalised_email(self.email)

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
