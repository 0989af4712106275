"""One SKU that everybody wants, held in four ways, on a PostgreSQL of its own.

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
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import psycopg

from benchmarks.bench import Bench
from benchmarks.errors import BenchmarkError
from benchmarks.figures import Figure, figure_of, markdown_table, ratio
from benchmarks.harness import ROOT, Findings, Suite
from benchmarks.report import NOTHING, number, times
from benchmarks.rounds import Plan, in_turn
from benchmarks.servers import OURS_DATABASE, Servers
from catalog.services import stock_sql

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

# A client that finds nothing ends with an error, and the run with it: no "sold out" is counted as a sale.
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


class Pace(NamedTuple):
    """Of one measurement: reservations a second, and what one took from BEGIN to COMMIT."""

    rate: float
    milliseconds: float


class HotSkuSuite(Suite[Plan]):
    name = "hot_sku"
    summary = "One SKU that everybody wants, held in four ways; needs neither wrk nor Express."
    full = Plan(rounds=3, seconds=15, connections=100)
    quick = Plan(rounds=1, seconds=2, connections=100)

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument(
            "--clients", type=int, dest="connections", help=f"at once (default {self.full.connections})"
        )

    def measure(self, arguments: argparse.Namespace, bench: Bench) -> Findings:
        servers = bench.start_servers()
        _prepare(servers)
        return Findings(tables=[_table(_measure(servers, self.plan(arguments)))])


def _prepare(servers: Servers) -> None:
    url = servers.database_url(OURS_DATABASE)
    environment = os.environ | {
        "READ_ENV_FILES": "false",
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


def _measure(servers: Servers, plan: Plan) -> dict[str, list[Pace]]:
    scripts = _scripts()
    found: dict[str, list[Pace]] = {name: [] for name in scripts}
    with tempfile.TemporaryDirectory() as directory:
        for name, script in scripts.items():
            Path(directory, name).write_text(script)
        for number, name in in_turn(list(scripts), plan.rounds):
            one = _run(servers, Path(directory, name), plan)
            print(f"round {number}  {name:8} {one.rate:7.0f}/s", flush=True)
            found[name].append(one)
    return found


def _run(servers: Servers, script: Path, plan: Plan) -> Pace:
    options = {"--client": plan.connections, "--time": plan.seconds, "--jobs": 2, "--file": script}
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
    return Pace(rate=float(rate[1]), milliseconds=float(latency[1]))


def _table(found: Mapping[str, Sequence[Pace]]) -> str:
    header = ["design", "reservations/s: median", "least", "most", "ms each", "to row"]
    row = figure_of([one.rate for one in found["row"]])
    return markdown_table(header, [_table_row(name, paces, row) for name, paces in found.items()])


def _table_row(name: str, paces: Sequence[Pace], row: Figure | None) -> list[str]:
    rate = figure_of([one.rate for one in paces])
    latency = figure_of([one.milliseconds for one in paces])
    lowest, highest = (f"{rate.lowest:,.0f}", f"{rate.highest:,.0f}") if rate else (NOTHING, NOTHING)
    return [name, number(rate, digits=0), lowest, highest, number(latency, digits=0), times(ratio(rate, row))]
