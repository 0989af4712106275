"""One PostgreSQL and one Valkey for both sides: set as in the local stack, empty at each start."""

import contextlib
import fcntl
import secrets
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg
from psycopg import sql

from benchmarks.errors import BenchmarkError
from localstack import ports, postgres
from localstack.account import credentials, make_private_directory, server_account
from localstack.postgres import Postgres
from localstack.servers import running
from localstack.valkey import Valkey

OURS_DATABASE, THEIRS_DATABASE = "shop", "express"
THEIRS_REDIS_NUMBER = 8  # ours uses the first three


@dataclass(frozen=True)
class Servers:
    postgres: Postgres
    valkey: Valkey
    processes: dict[str, psutil.Process]

    def database_url(self, name: str) -> str:
        return self.postgres.url.rpartition("/")[0] + f"/{name}"


@contextlib.contextmanager
def only_run(lock: Path) -> Iterator[None]:
    """Refuse a second run in one checkout: it would delete the data below the first one's servers."""
    with lock.open("a") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BenchmarkError("A benchmark of this checkout runs already; wait until it ends.") from None
        yield


@contextlib.contextmanager
def shared_servers(local: Path) -> Iterator[Servers]:
    account = server_account()
    reachable = postgres.find_home(local, account)
    home = reachable / "benchmark"
    shutil.rmtree(home, ignore_errors=True)
    make_private_directory(home, account)
    database = Postgres(
        programs=postgres.find_programs(reachable, account),
        home=home / "postgres",
        port=ports.free_port(),
        password=secrets.token_urlsafe(24),
        account=account,
    )
    valkey = Valkey(home / "valkey", ports.free_port(), secrets.token_urlsafe(24))
    database.prepare()
    valkey.prepare()
    try:
        with (
            running(database, log=home / "postgres.log", switch=credentials(account)) as postgres_process,
            running(valkey, log=home / "valkey.log") as valkey_process,
        ):
            _create_database(database.url, THEIRS_DATABASE)
            roots = {
                "PostgreSQL": psutil.Process(postgres_process.pid),
                "Valkey": psutil.Process(valkey_process.pid),
            }
            yield Servers(database, valkey, roots)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _create_database(url: str, name: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
