from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

ONCE = """
CREATE UNIQUE INDEX CONCURRENTLY variant_sku_once_on_offer ON catalog_variant (sku) WHERE withdrawn_at IS NULL
"""
DROP_ONCE = "DROP INDEX CONCURRENTLY variant_sku_once_on_offer"


class Migration(migrations.Migration):
    """To reverse it makes an index over all variants, and meanwhile nobody can write them."""

    atomic = False

    dependencies = [("catalog", "0003_prices_fit_currency")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(ONCE, DROP_ONCE)],
            state_operations=[
                migrations.AddConstraint(
                    model_name="variant",
                    constraint=models.UniqueConstraint(
                        fields=("sku",),
                        condition=models.Q(("withdrawn_at__isnull", True)),
                        name="variant_sku_once_on_offer",
                    ),
                ),
            ],
        ),
        AddIndexConcurrently("variant", models.Index(fields=["sku"], name="variant_by_sku")),
        migrations.AlterField(
            model_name="variant",
            name="sku",
            field=models.CharField(max_length=80, verbose_name="SKU"),
        ),
    ]
