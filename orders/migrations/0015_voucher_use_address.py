from django.db import migrations, models


class Migration(migrations.Migration):
    """Uses of before, and those of code of before, count for the account alone, as they did."""

    dependencies = [("orders", "0014_orders_by_sku")]

    operations = [
        migrations.AddField(
            model_name="voucheruse",
            name="address_key",
            field=models.CharField(blank=True, db_default="", default="", max_length=80),
        ),
    ]
