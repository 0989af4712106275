from django.conf import settings
from django.db import models

from core.ids import uuid7


class ComputeJob(models.Model):
    """One piece of arithmetic that somebody asked for, and its result once a worker has done it."""

    class Status(models.TextChoices):
        QUEUED = "queued", "queued"
        RUNNING = "running", "running"
        DONE = "done", "done"
        FAILED = "failed", "failed"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    primes_below = models.PositiveIntegerField()
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.QUEUED)
    result = models.JSONField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "computation"
        indexes = [models.Index(fields=["-created_at"], name="compute_newest")]

    def __str__(self) -> str:
        return f"primes below {self.primes_below}"
