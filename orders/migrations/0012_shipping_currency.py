from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "0011_shipment_location")]

    operations = [
        # What was written otherwise fitted no order: "usd" meant USD. What names no currency gets the code for
        # that, and is out of use until somebody says what was meant.
        migrations.RunSQL(
            [
                "UPDATE orders_shippingmethod SET currency = upper(currency) WHERE currency <> upper(currency)",
                "UPDATE orders_shippingmethod SET currency = 'XXX', is_active = false WHERE currency !~ '^[A-Z]{3}$'",
            ],
            migrations.RunSQL.noop,
        ),
        migrations.AddConstraint(
            model_name="shippingmethod",
            constraint=models.CheckConstraint(
                condition=models.Q(("currency__regex", "^[A-Z]{3}$")),
                name="shipping_currency_is_iso_4217",
                violation_error_message="Give the currency as in ISO 4217, e.g. EUR.",
            ),
        ),
    ]
