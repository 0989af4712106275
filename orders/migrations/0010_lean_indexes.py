"""Every change of an order pays for each index on its rows: none that nobody reads.

An index that begins with a foreign key serves it too. Beside the index of each unique text Django makes one
for LIKE 'prefix%', by which no order, payment or shipment is looked up.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

LIKE = {
    "orders_order_number_abc9e0f2_like": "orders_order (number varchar_pattern_ops)",
    "orders_payment_idempotency_key_b0d2abb0_like": "orders_payment (idempotency_key varchar_pattern_ops)",
    "orders_shipment_idempotency_key_f0c1c07d_like": "orders_shipment (idempotency_key varchar_pattern_ops)",
}


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("orders", "0009_payment_changed"),
    ]

    operations = [
        migrations.AlterField(
            model_name="order",
            name="customer",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="orders",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AlterField(
            model_name="orderevent",
            name="order",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="timeline",
                to="orders.order",
            ),
        ),
        migrations.AlterField(
            model_name="orderline",
            name="order",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="lines",
                to="orders.order",
            ),
        ),
        *(
            migrations.RunSQL(
                f"DROP INDEX CONCURRENTLY IF EXISTS {name}", f"CREATE INDEX CONCURRENTLY {name} ON {columns}"
            )
            for name, columns in LIKE.items()
        ),
    ]
