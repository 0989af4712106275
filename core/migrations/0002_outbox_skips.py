from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("core", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="outboxmessage",
            name="skipped_by",
            field=models.CharField(blank=True, db_default="", default="", max_length=300),
        ),
        migrations.AddField(
            model_name="outboxmessage",
            name="skip_reason",
            field=models.CharField(blank=True, db_default="", default="", max_length=300),
        ),
    ]
