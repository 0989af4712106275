from django.db import migrations, models

# Making an index without holding up writers waits for whatever reads the database meanwhile, a backup for one.
PATIENT = ["SET lock_timeout = 0", "SET statement_timeout = 0"]
AS_EVER = ["RESET lock_timeout", "RESET statement_timeout"]


def _made_anew(name: str, definition: str) -> migrations.RunSQL:
    """An index that an interrupted try has left, perhaps unfinished, is dropped first."""
    drop = f"DROP INDEX CONCURRENTLY IF EXISTS {name}"
    return migrations.RunSQL([drop, definition], drop)


class Migration(migrations.Migration):
    """May be run again where it was interrupted.

    To reverse it makes an index over all variants, and meanwhile nobody can write them.
    """

    atomic = False

    dependencies = [("catalog", "0003_prices_fit_currency")]

    operations = [
        migrations.RunSQL(PATIENT, AS_EVER),
        migrations.SeparateDatabaseAndState(
            database_operations=[
                _made_anew(
                    "variant_sku_once_on_offer",
                    "CREATE UNIQUE INDEX CONCURRENTLY variant_sku_once_on_offer ON catalog_variant (sku) "
                    "WHERE withdrawn_at IS NULL",
                ),
                _made_anew(
                    "variant_by_sku",
                    "CREATE INDEX CONCURRENTLY variant_by_sku ON catalog_variant (sku)",
                ),
            ],
            state_operations=[
                migrations.AddConstraint(
                    model_name="variant",
                    constraint=models.UniqueConstraint(
                        fields=("sku",),
                        condition=models.Q(("withdrawn_at__isnull", True)),
                        name="variant_sku_once_on_offer",
                    ),
                ),
                migrations.AddIndex("variant", models.Index(fields=["sku"], name="variant_by_sku")),
            ],
        ),
        migrations.RunSQL(AS_EVER, PATIENT),
        migrations.AlterField(
            model_name="variant",
            name="sku",
            field=models.CharField(max_length=80, verbose_name="SKU"),
        ),
    ]
