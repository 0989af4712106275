from django.db import models
from django.utils import timezone


class LedgerCheck(models.Model):
    """What one check of the ledgers found: `drift` lists discrepancies as [what, subject, should be, is]."""

    at = models.DateTimeField(default=timezone.now)
    count = models.PositiveIntegerField("differences")
    drift = models.JSONField(default=list)
    payments_compared = models.PositiveIntegerField(
        default=0, help_text="Of the last day, with what their provider says."
    )
    note = models.CharField(max_length=300, blank=True, help_text="What could not be compared.")

    class Meta:
        verbose_name = "ledger check"
        verbose_name_plural = "ledger checks"
        indexes = [models.Index(fields=["-at"], name="ledger_check_newest")]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M}, {self.count} differences"
