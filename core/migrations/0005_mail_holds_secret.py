from typing import Any

from django.db import migrations, models

BATCH = 1000


def hide_tokens(apps: Any, schema_editor: Any) -> None:
    """Of mails from before: the ones that verify an address. Those that were sent are emptied."""
    mails = apps.get_model("core", "Mail").objects
    known = mails.filter(cause__startswith="accounts.verify_email:", holds_secret=False)
    while batch := list(known.values_list("pk", flat=True)[:BATCH]):
        mails.filter(pk__in=batch, status="sent").update(text="", html="")
        mails.filter(pk__in=batch).update(holds_secret=True)


class Migration(migrations.Migration):
    dependencies = [("core", "0004_mail_about")]

    operations = [
        migrations.AddField(
            model_name="mail",
            name="holds_secret",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.RunPython(hide_tokens, migrations.RunPython.noop),
    ]
