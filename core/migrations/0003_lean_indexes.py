"""Every write of a message or a mail pays for each index on it: none that nobody reads, none larger than asked."""

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("core", "0002_outbox_skips")]

    operations = [
        AddIndexConcurrently(
            "outboxmessage",
            models.Index(
                fields=["handled_at"], name="outbox_ended", condition=Q(("handled_at__isnull", False))
            ),
        ),
        RemoveIndexConcurrently("outboxmessage", "outbox_handled"),
        AddIndexConcurrently(
            "mail",
            models.Index(
                fields=["created_at"], name="mail_with_text", condition=Q(("text", ""), _negated=True)
            ),
        ),
        RemoveIndexConcurrently("mail", "mail_with_body"),
        # Django makes it beside the unique one, for LIKE 'prefix%'.
        migrations.RunSQL(
            "DROP INDEX CONCURRENTLY IF EXISTS core_mail_cause_f6d835fb_like",
            "CREATE INDEX CONCURRENTLY core_mail_cause_f6d835fb_like ON core_mail (cause varchar_pattern_ops)",
        ),
    ]
