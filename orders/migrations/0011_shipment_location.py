from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "0010_lean_indexes")]

    operations = [
        migrations.AddField(
            model_name="shipment",
            name="location",
            field=models.CharField(blank=True, db_default="", default="", max_length=40),
        ),
    ]
