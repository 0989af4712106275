"""Writes every account's address in its one spelling (core/emails.py).

Where two accounts turn out to have one address it tells which, and changes nothing: staff decide which of them
keeps it, and run it again. An address that no mail server takes is left as it is, and told in the log.
"""

from collections import defaultdict
from typing import Any

import structlog
from django.db import migrations, models
from django.db.models.functions import Lower

from core import emails

log = structlog.get_logger(__name__)

# All others are in that spelling already: ASCII alone, the domain in lower case and not in Punycode.
SUSPECT = r"[^!-~]|@.*[A-Z]|@(.*\.)?xn--"


class AddressesCollide(Exception):
    """Accounts that have the same address, spelled differently."""

    def __init__(self, found: list[list[Any]]) -> None:
        groups = "; ".join(" and ".join(f"{user.pk} ({user.email!a})" for user in group) for group in found)
        super().__init__(
            f"Nothing was changed. These accounts have one address in several spellings: {groups}. "
            "Give each another address, or put all but one out of action under another, and migrate again."
        )


def write_one_spelling(apps: Any, schema_editor: Any) -> None:
    users = apps.get_model("accounts", "User").objects
    suspects = [user for user in users.filter(email__regex=SUSPECT).order_by("pk") if _is_deliverable(user)]
    owners = defaultdict(list)
    for user in suspects:
        owners[emails.comparable(user.email)].append(user)
    others = users.exclude(pk__in=[user.pk for user in suspects]).annotate(lower=Lower("email"))
    for user in others.filter(lower__in=list(owners)):
        owners[user.lower].append(user)
    if collisions := [group for group in owners.values() if len(group) > 1]:
        raise AddressesCollide(collisions)
    for user in suspects:
        users.filter(pk=user.pk).update(email=emails.normalised(user.email))


def _is_deliverable(user: Any) -> bool:
    if emails.is_address(user.email):
        return True
    log.warning("address_takes_no_mail", user_id=str(user.pk))
    return False


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]

    operations = [
        migrations.RunPython(write_one_spelling, migrations.RunPython.noop),
        migrations.AlterField(
            model_name="user",
            name="email",
            field=models.EmailField(max_length=254, validators=[emails.validate]),
        ),
    ]
