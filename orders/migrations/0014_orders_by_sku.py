from django.db import migrations, models
from django.db.models.functions import Upper

# Making an index without holding up orders waits for whatever reads the database meanwhile, a backup for one.
PATIENT = ["SET lock_timeout = 0", "SET statement_timeout = 0"]
AS_EVER = ["RESET lock_timeout", "RESET statement_timeout"]
DROP = "DROP INDEX CONCURRENTLY IF EXISTS order_line_by_sku"
CREATE = "CREATE INDEX CONCURRENTLY order_line_by_sku ON orders_orderline (upper(sku), order_id)"


class Migration(migrations.Migration):
    """May be run again where it was interrupted: an unfinished index is dropped first."""

    atomic = False

    dependencies = [("orders", "0013_admin_words")]

    operations = [
        migrations.RunSQL(PATIENT, AS_EVER),
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL([DROP, CREATE], DROP)],
            state_operations=[
                migrations.AddIndex(
                    "orderline", models.Index(Upper("sku"), models.F("order"), name="order_line_by_sku")
                )
            ],
        ),
        migrations.RunSQL(AS_EVER, PATIENT),
    ]
