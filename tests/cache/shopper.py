"""A process of its own that reads one product over and over: `python -m tests.cache.shopper DB FILE`.

FILE holds the number of the last write that was answered. Every read must show that write or a later one;
prints how many reads it did and each that did not.
"""

import mmap
import os
import sys
from pathlib import Path

import django
from django.db import connections
from django.test import Client


def main(database: str, path: str) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    connections.databases["default"]["NAME"] = database
    client, reads = Client(), 0
    with Path(path).open("rb") as file, mmap.mmap(file.fileno(), 8, access=mmap.ACCESS_READ) as answered:
        report("ready")
        while (least := int.from_bytes(answered[:8], "little", signed=True)) >= 0:
            shown = int(client.get("/api/v1/products/raced").json()["description"])
            listed = int(client.get("/api/v1/products").json()["results"][0]["name"])
            reads += 1
            if shown < least or listed < least:
                report(f"stale: {shown} {listed} after {least}")
    report(f"reads: {reads}")


def report(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
