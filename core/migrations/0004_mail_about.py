from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("core", "0003_lean_indexes")]

    operations = [
        migrations.AddField(
            model_name="mail",
            name="about",
            field=models.CharField(blank=True, db_default="", default="", max_length=100),
        ),
        AddIndexConcurrently(
            "mail",
            models.Index(fields=["about"], name="mail_about", condition=Q(("about", ""), _negated=True)),
        ),
    ]
