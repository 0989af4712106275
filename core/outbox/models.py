from django.db import models
from django.db.models import Q


class OutboxMessage(models.Model):
    """One event on its way to one handler: written with the change it reports, gone over until handled.

    `next_attempt_at` is when the relay (re)publishes it; `handled_at` or `dead_at` ends it.
    """

    id = models.BigAutoField(primary_key=True)
    event_id = models.UUIDField()
    event = models.CharField(max_length=100)
    handler = models.CharField(max_length=100)
    aggregate = models.CharField(max_length=100)
    payload = models.JSONField()
    request_id = models.CharField(max_length=128, blank=True)
    created_at = models.DateTimeField()
    next_attempt_at = models.DateTimeField()
    publications = models.PositiveIntegerField(default=0)
    attempts = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True)
    handled_at = models.DateTimeField(null=True, blank=True)
    dead_at = models.DateTimeField(null=True, blank=True)
    skipped_by = models.CharField(max_length=300, blank=True, default="", db_default="")
    skip_reason = models.CharField(max_length=300, blank=True, default="", db_default="")

    class Meta:
        verbose_name = "outbox message"
        constraints = [
            models.UniqueConstraint(fields=["event_id", "handler"], name="outbox_once_per_event_and_handler"),
        ]
        indexes = [
            # What the relay searches for; stays small however many messages are kept.
            models.Index(
                fields=["next_attempt_at"],
                name="outbox_open",
                condition=Q(handled_at__isnull=True, dead_at__isnull=True),
            ),
            models.Index(fields=["dead_at"], name="outbox_dead", condition=Q(dead_at__isnull=False)),
            models.Index(fields=["aggregate", "id"], name="outbox_aggregate"),
            models.Index(fields=["handled_at"], name="outbox_ended", condition=Q(handled_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.event} -> {self.handler}"

    @property
    def state(self) -> str:
        """`handled`, `skipped`, `dead`, `retrying`, `published` or `waiting`."""
        if self.skipped_by:
            return "skipped"
        if self.handled_at or self.dead_at:
            return "handled" if self.handled_at else "dead"
        if self.error:
            return "retrying"
        return "published" if self.publications else "waiting"
