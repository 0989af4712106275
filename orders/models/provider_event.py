from django.db import models
from django.utils import timezone

from orders.models.payment import Payment


class ProviderEvent(models.Model):
    """A webhook of a payment provider, as it came, written with what it changed: some are sent twice."""

    gateway = models.CharField(max_length=40)
    event_id = models.CharField(max_length=255)
    kind = models.CharField(max_length=100)
    payment = models.ForeignKey(Payment, models.PROTECT, related_name="provider_events")
    body = models.TextField(help_text="The JSON that was signed.")
    received_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["gateway", "event_id"], name="provider_event_once"),
        ]
        indexes = [models.Index(fields=["received_at"], name="provider_event_age")]

    def __str__(self) -> str:
        return f"{self.gateway} {self.kind}"
