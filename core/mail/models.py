from django.db import models
from django.db.models import Q

from core.ids import uuid7


class Mail(models.Model):
    """One mail to one person, kept with its state. `cause` makes it unique: the same cause is mailed once.

    Mails `about` the same (an order's id; empty for none) are sent in the order in which they were queued.
    One that `holds_secret` (a token by which whoever reads it acts as its receiver) is shown to nobody, and
    emptied once it is sent. `claimed_until` is how long a worker may take to send it before another tries.
    """

    class Status(models.TextChoices):
        QUEUED = "queued", "queued"
        SENT = "sent", "sent"
        FAILED = "failed", "failed"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    cause = models.CharField(max_length=200, unique=True, null=True, blank=True)
    about = models.CharField(max_length=100, blank=True, default="", db_default="")
    to = models.EmailField(max_length=254)
    subject = models.CharField(max_length=200)
    text = models.TextField()
    html = models.TextField(blank=True)
    holds_secret = models.BooleanField(default=False, db_default=False)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.QUEUED)
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    claimed_until = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True)

    class Meta:
        verbose_name_plural = "mail"
        indexes = [
            models.Index(fields=["-created_at"], name="mail_newest"),
            models.Index(fields=["to", "-created_at"], name="mail_by_recipient"),
            models.Index(fields=["about"], name="mail_about", condition=~Q(about="")),
            # By a time that never changes: marking a mail sent then touches no index.
            models.Index(fields=["created_at"], name="mail_with_text", condition=~Q(text="")),
        ]

    def __str__(self) -> str:
        return f"{self.subject} -> {self.to}"
