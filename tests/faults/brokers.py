"""Brokers of a test's own, which it may kill, freeze and fill: Valkey, and RabbitMQ where it is installed."""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import amqp
import redis

from localstack.ports import HOST, free_port
from localstack.stages import Program
from localstack.valkey import Valkey
from tests.faults.processes import Process

DATABASES = 1024
# Debian's commands on PATH insist on a user of their own; these do not.
RABBITMQ = next(
    (path for path in (Path("/usr/lib/rabbitmq/bin"),) if path.exists()),
    Path(shutil.which("rabbitmq-server") or "/nowhere").parent,
)
SMALLEST = "0.000001"  # of the memory


class OwnValkey:
    """`with OwnValkey(directory) as broker:` `process` may be killed and frozen; it comes back empty."""

    def __init__(self, directory: Path) -> None:
        self._server = Valkey(directory / "valkey", free_port(), "of-a-test", DATABASES)
        self._server.prepare()
        self.url = self._server.url
        program = Program("valkey", self._server.command(), directory, os.environ, self._server.is_ready)
        self.process = Process(program, directory)

    def __enter__(self) -> "OwnValkey":
        self.process.start()
        self.process.wait_until_ready()
        return self

    def __exit__(self, *raised: object) -> None:
        self.process.stop()

    @contextlib.contextmanager
    def full(self) -> Iterator[None]:
        """It refuses every write."""
        with redis.Redis.from_url(self.url) as client:
            before = {name: client.config_get(name)[name] for name in ("maxmemory", "maxmemory-policy")}
            client.config_set("maxmemory-policy", "noeviction")
            client.config_set("maxmemory", 1)
            try:
                yield
            finally:
                for name, value in before.items():
                    client.config_set(name, value)


class OwnRabbitMQ:
    """As OwnValkey. It keeps its messages over a kill, and with them the port and the name of its node."""

    def __init__(self, directory: Path) -> None:
        self.port = free_port()
        self.url = f"amqp://guest:guest@{HOST}:{self.port}//"
        self._environment = os.environ | self._places(directory / "rabbitmq")
        self._epmd = Process(self._program("epmd", shutil.which("epmd") or "", "-address", HOST), directory)
        server = self._program("rabbitmq", str(RABBITMQ / "rabbitmq-server"))
        self.process = Process(server, directory)

    @staticmethod
    def is_installed() -> bool:
        return (RABBITMQ / "rabbitmq-server").exists()

    def __enter__(self) -> "OwnRabbitMQ":
        for process in (self._epmd, self.process):
            process.start()
        self.process.wait_until_ready()
        return self

    def __exit__(self, *raised: object) -> None:
        self.process.stop()
        self._epmd.stop()

    def queues(self, *columns: str) -> dict[str, list[str]]:
        """`queues("type", "messages")`: {"orders": ["quorum", "3"], ...}."""
        lines = self.control("list_queues", "--no-table-headers", "name", *columns).splitlines()
        return {name: values for name, *values in (line.split("\t") for line in lines)}

    @contextlib.contextmanager
    def full(self) -> Iterator[None]:
        """It takes no message, and lets publishers wait for its answer."""
        self.control("set_vm_memory_high_watermark", SMALLEST)
        try:
            yield
        finally:
            self.control("set_vm_memory_high_watermark", "0.4")

    def control(self, *arguments: str) -> str:
        command = [str(RABBITMQ / "rabbitmqctl"), "--quiet", *arguments]
        return subprocess.run(
            command, env=self._environment, stdout=subprocess.PIPE, text=True, timeout=60, check=True
        ).stdout

    def _program(self, name: str, *command: str) -> Program:
        is_ready = self._answers if name == "rabbitmq" else None
        return Program(name, list(command), Path.cwd(), self._environment, is_ready)

    def _places(self, home: Path) -> dict[str, str]:
        home.mkdir()
        (home / "plugins").write_text("[].")
        return {
            "HOME": str(home),  # of the cookie
            "ERL_EPMD_PORT": str(free_port()),
            "ERL_EPMD_ADDRESS": HOST,
            "RUNNING_UNDER_SYSTEMD": "1",  # the server is the process itself, not a child of a shell
            "RABBITMQ_NODENAME": f"shop-{self.port}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": HOST,
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(free_port()),
            "RABBITMQ_MNESIA_BASE": str(home / "data"),
            "RABBITMQ_LOGS": "-",
            "RABBITMQ_PID_FILE": str(home / "pid"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(home / "plugins"),
            "RABBITMQ_CONFIG_FILE": str(home / "none"),
            "RABBITMQ_CONF_ENV_FILE": str(home / "none"),
        }

    def _answers(self) -> bool:
        try:
            with amqp.Connection(f"{HOST}:{self.port}", connect_timeout=1):
                return True
        except (OSError, amqp.AMQPError):
            return False
