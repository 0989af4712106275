"""How often a piece of work goes to PostgreSQL and waits for its answer, counted where the driver sends.

As a program it places one order each way in this process, in the database of the environment, and prints
the counts: `python -m benchmarks.suites.orders.round_trips SKU SKU SKU`.
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

from benchmarks.ours import guest_order

JSON = "application/json"


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
    client, counts = Client(SERVER_NAME="localhost"), {}
    connection.ensure_connection()
    for name, is_keyed in (("without a key", False), ("with a key", True)):
        order = guest_order(skus, is_keyed=is_keyed).marked("round-trips")
        with counted() as sent:
            answer = client.post(order.path, order.body, content_type=JSON, headers=order.headers)
        if answer.status_code != 201:
            sys.exit(f"{answer.status_code}: {answer.content.decode()}")
        counts[name] = len(sent)
    print(json.dumps(counts))


if __name__ == "__main__":
    main(sys.argv[1:])
