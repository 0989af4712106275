"""Words that the admin shows: nothing changes in the database."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "0012_shipping_currency")]

    operations = [
        migrations.AlterModelOptions(
            name="ledgercheck",
            options={"verbose_name": "ledger check", "verbose_name_plural": "ledger checks"},
        ),
        migrations.AlterField(
            model_name="ledgercheck",
            name="note",
            field=models.CharField(blank=True, help_text="What could not be compared.", max_length=300),
        ),
        migrations.AlterField(
            model_name="shipment",
            name="lines",
            field=models.JSONField(help_text='What is in the shipment: [{"sku": "...", "quantity": 1}].'),
        ),
    ]
