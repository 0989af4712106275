"""No rule ends a reservation: its owner does. The moment that was written for each, and its index, go.

Code of before still writes the column, so it stays, null for what is reserved from now on, until a later
release drops it; the models do not know it any more.
"""

from django.contrib.postgres.operations import RemoveIndexConcurrently
from django.db import migrations


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("catalog", "0004_sku_once_on_offer")]

    operations = [
        RemoveIndexConcurrently("reservation", "reservation_expiry"),
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.RemoveField("reservation", "expires_at")]
        ),
    ]
