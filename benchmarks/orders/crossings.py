"""How often a piece of work crosses to PostgreSQL and waits, counted where the driver sends.

As a program it places one order each way in this process, in the database of the environment, and prints
the counts: `python -m benchmarks.orders.crossings SKU SKU SKU`.
"""

import contextlib
import json
import os
import sys
from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

import django
import psycopg
from django.db import connection
from django.test import Client

from benchmarks.ours import ADDRESS, API


@contextlib.contextmanager
def counted() -> Iterator[list[str]]:
    """Every message that the driver waits for the server's answer to: statements, BEGIN and COMMIT."""
    sent: list[str] = []
    wait, command = psycopg.Connection.wait, psycopg.Connection._exec_command

    def counting_wait(self: Any, generator: Any, *args: Any, **kwargs: Any) -> Any:
        if generator.__name__ == "_execute_gen":
            sent.append("statement")
        return wait(self, generator, *args, **kwargs)

    def counting_command(self: Any, text: Any, *args: Any, **kwargs: Any) -> Any:
        sent.append(str(text))
        return command(self, text, *args, **kwargs)

    with (
        patch.object(psycopg.Connection, "wait", counting_wait),
        patch.object(psycopg.Connection, "_exec_command", counting_command),
    ):
        yield sent


def main(skus: list[str]) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    body = {
        "items": [{"sku": sku, "quantity": 1} for sku in skus],
        "email": "crossings@example.com",
        "shipping_address": ADDRESS,
        "payment": {"token": "tok_ok"},
    }
    client, counts = Client(SERVER_NAME="localhost"), {}
    connection.ensure_connection()
    for name, headers in (("without a key", {}), ("with a key", {"Idempotency-Key": "crossings"})):
        with counted() as sent:
            answer = client.post(f"{API}/orders", body, content_type="application/json", headers=headers)
        if answer.status_code != 201:
            sys.exit(f"{answer.status_code}: {answer.content.decode()}")
        counts[name] = len(sent)
    print(json.dumps(counts))


if __name__ == "__main__":
    main(sys.argv[1:])
