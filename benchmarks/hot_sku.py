"""python -m benchmarks.hot_sku: one SKU that everybody wants, held in three ways, on a PostgreSQL of its own.

    shop      what the shop runs: catalog.services.stock_sql.RESERVE on the shop's tables
    row       the bare idea of it: one row, UPDATE where enough is left
    units     a row for each unit, taken with FOR UPDATE SKIP LOCKED
    buckets   the units spread over 32 rows, taken with SKIP LOCKED, else by waiting for one of them

Each transaction reserves one unit and writes a ledger entry; every commit is flushed to disk. pgbench keeps
all connections busy, prepared. The designs take turns, several rounds, so that all meet the same machine.
"""

import argparse
import os
import re
import secrets
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import psycopg

from benchmarks.errors import BenchmarkError
from benchmarks.servers import OURS_DATABASE, Servers, shared_servers
from catalog.services import stock_sql
from localstack.errors import StackError

ROOT = Path(__file__).parents[1]
VARIANT = "00000000-0000-0000-0000-000000000001"
UNITS, BUCKETS = 1_000_000, 32

SHOP = f"""
INSERT INTO catalog_location (id, code, name, priority) VALUES (1, 'main', 'Main', 0);
INSERT INTO catalog_product (id, slug, name, description, attributes, created_at, updated_at)
    VALUES ('{VARIANT}', 'hot', 'Hot', '', '{{}}', now(), now());
INSERT INTO catalog_variant (id, product_id, sku, name, price, currency, attributes, position)
    VALUES ('{VARIANT}', '{VARIANT}', 'HOT', '', 1, 'USD', '{{}}', 0);
INSERT INTO catalog_stocklevel (variant_id, location_id, on_hand, reserved)
    VALUES ('{VARIANT}', 1, {UNITS * 1000}, 0);
"""
BARE = f"""
CREATE TABLE hot_entry (id bigserial PRIMARY KEY, place int NOT NULL, at timestamptz NOT NULL);
CREATE TABLE hot_row (id int PRIMARY KEY, on_hand int, reserved int, CHECK (reserved <= on_hand));
CREATE TABLE hot_bucket (LIKE hot_row INCLUDING ALL);
CREATE TABLE hot_unit (id int PRIMARY KEY, owner uuid);
CREATE INDEX hot_unit_free ON hot_unit (id) WHERE owner IS NULL;
INSERT INTO hot_row VALUES (1, {UNITS * 1000}, 0);
INSERT INTO hot_bucket SELECT n, {UNITS}, 0 FROM generate_series(1, {BUCKETS}) n;
INSERT INTO hot_unit SELECT n, NULL FROM generate_series(1, {UNITS}) n;
"""

# A client that finds nothing ends with an error, and the run with it: nobody is told "sold out" falsely.
ENTRY = "INSERT INTO hot_entry (place, at) VALUES (:place, now());"
ROW = f"""BEGIN;
UPDATE hot_row SET reserved = reserved + 1 WHERE id = 1 AND reserved < on_hand RETURNING id AS place \\gset
{ENTRY}
COMMIT;
"""
UNIT = f"""BEGIN;
UPDATE hot_unit SET owner = gen_random_uuid() WHERE id = (
    SELECT id FROM hot_unit WHERE owner IS NULL ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED
) RETURNING id AS place \\gset
{ENTRY}
COMMIT;
"""
BUCKET = f"""\\set mine random(1, {BUCKETS})
\\set place 0
BEGIN;
UPDATE hot_bucket SET reserved = reserved + 1 WHERE id = (
    SELECT id FROM hot_bucket WHERE reserved < on_hand ORDER BY (id + :mine) % {BUCKETS} LIMIT 1
    FOR UPDATE SKIP LOCKED
) RETURNING id AS place \\aset
\\if :place = 0
    UPDATE hot_bucket SET reserved = reserved + 1 WHERE id = :mine AND reserved < on_hand
    RETURNING id AS place \\gset
\\endif
{ENTRY}
COMMIT;
"""


class Figures(NamedTuple):
    """Of one measurement: reservations a second, and what one took from BEGIN to COMMIT."""

    rate: float
    milliseconds: float


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.hot_sku")
    parser.add_argument("--clients", type=int, default=100)
    parser.add_argument("--seconds", type=int, default=15, help="of each measurement (default 15)")
    parser.add_argument("--rounds", type=int, default=3, help="measurements of each design (default 3)")
    arguments = parser.parse_args()
    (ROOT / ".local").mkdir(exist_ok=True)
    try:
        with shared_servers(ROOT / ".local") as servers:
            _prepare(servers)
            print(_table(_measure(servers, arguments)))
    except (BenchmarkError, StackError) as error:
        print(f"\n{error}", file=sys.stderr)
        return 2
    return 0


def _prepare(servers: Servers) -> None:
    url = servers.database_url(OURS_DATABASE)
    environment = os.environ | {
        "DATABASE_URL": url,
        "REDIS_URL": servers.valkey.url,
        "SECRET_KEY": secrets.token_urlsafe(64),
        "LOCAL_STACK": "true",
    }
    migrate = [sys.executable, "manage.py", "migrate", "--verbosity=0"]
    subprocess.run(migrate, cwd=ROOT, env=environment, check=True)
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in f"{SHOP}{BARE}VACUUM ANALYZE".split(";\n"):
            connection.execute(statement)


def _scripts() -> dict[str, str]:
    values = {
        "variants": f"ARRAY['{VARIANT}']",
        "units": "ARRAY[1]",
        "owner": "gen_random_uuid()",
        "now": "now()",
        "cause": "'order:' || gen_random_uuid()",
    }
    shop = re.sub(r"%\((\w+)\)s", lambda found: values[found[1]], stock_sql.RESERVE)
    return {"shop": f"BEGIN;{shop};\nCOMMIT;\n", "row": ROW, "units": UNIT, "buckets": BUCKET}


def _measure(servers: Servers, arguments: argparse.Namespace) -> dict[str, list[Figures]]:
    found: dict[str, list[Figures]] = {name: [] for name in _scripts()}
    with tempfile.TemporaryDirectory() as directory:
        for name, script in _scripts().items():
            Path(directory, name).write_text(script)
        for number in range(1, arguments.rounds + 1):
            for name, figures in found.items():
                figures.append(_run(servers, Path(directory, name), arguments))
                print(f"round {number}  {name:8} {figures[-1].rate:7.0f}/s", flush=True)
    return found


def _run(servers: Servers, script: Path, arguments: argparse.Namespace) -> Figures:
    options = {"--client": arguments.clients, "--time": arguments.seconds, "--jobs": 2, "--file": script}
    done = subprocess.run(
        [
            str(servers.postgres.programs / "pgbench"),
            *("--no-vacuum", "--protocol=prepared"),
            *(str(part) for option in options.items() for part in option),
            servers.database_url(OURS_DATABASE),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    rate, latency = (
        re.search(f"^{name} = ([0-9.]+)", done.stdout, re.MULTILINE) for name in ("tps", "latency average")
    )
    if done.returncode or rate is None or latency is None:
        raise BenchmarkError(f"pgbench failed on {script.name}:\n{done.stderr[-2000:]}")
    return Figures(rate=float(rate[1]), milliseconds=float(latency[1]))


def _table(found: Mapping[str, list[Figures]]) -> str:
    lines = [
        "",
        "| design | reservations/s: median | least | most | ms each | to row |",
        "| --- |" + " ---: |" * 5,
    ]
    row = statistics.median(figures.rate for figures in found["row"])
    for name, figures in found.items():
        rates = [one.rate for one in figures]
        middle, wait = statistics.median(rates), statistics.median(one.milliseconds for one in figures)
        cells = [
            f"{middle:.0f}",
            f"{min(rates):.0f}",
            f"{max(rates):.0f}",
            f"{wait:.0f}",
            f"{middle / row:.2f}",
        ]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
