"""Counts a guest's uses of vouchers under the one spelling of the address (core/emails.py).

Uses that were made under several spellings are added up: the guest may then have more of them than the voucher
allows, which stays so. Orders keep the address as it was given.
"""

import hashlib
from typing import Any

from django.db import migrations
from django.db.models import Count, Q

from core import emails

# The key of every other address is what it was.
SUSPECT = r"[^!-~]|@(.*\.)?xn--"


def count_anew(apps: Any, schema_editor: Any) -> None:
    uses, counts = (apps.get_model("orders", name).objects for name in ("VoucherUse", "VoucherCustomer"))
    suspects = uses.filter(customer_key__startswith="guest:", order__email__regex=SUSPECT)
    touched = set()
    for use in suspects.select_related("order").order_by("pk"):
        key = f"guest:{hashlib.sha256(emails.comparable(use.order.email).encode()).hexdigest()}"
        touched |= {(use.voucher_id, use.customer_key), (use.voucher_id, key)}
        uses.filter(pk=use.pk).update(customer_key=key)
    for voucher_id, key in touched:
        _count(uses, counts, voucher_id, key)


def _count(uses: Any, counts: Any, voucher_id: int, key: str) -> None:
    mine = {"voucher_id": voucher_id, "customer_key": key}
    theirs = uses.filter(Q(customer_key=key) | Q(address_key=key), voucher_id=voucher_id)
    told = theirs.aggregate(all=Count("pk"), used=Count("pk", filter=Q(released_at=None)))
    if told["all"]:
        counts.update_or_create(**mine, defaults={"used": told["used"]})
    else:
        counts.filter(**mine).delete()


class Migration(migrations.Migration):
    dependencies = [("orders", "0015_voucher_use_address")]

    operations = [migrations.RunPython(count_anew, migrations.RunPython.noop)]
