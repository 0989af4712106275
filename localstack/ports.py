"""Loopback ports: chosen once, remembered, and chosen anew when somebody else has taken one."""

import json
import socket
from pathlib import Path

HOST = "127.0.0.1"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def is_free(port: int) -> bool:
    return problem(port) is None


def problem(port: int) -> OSError | None:
    """What keeps us from listening on the port; None where nothing does."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as problem_:
            return problem_
    return None


def accepts(port: int) -> bool:
    """Whether something listens on the port."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((HOST, port)) == 0


def remembered_ports(file: Path, names: list[str], *, public: int = 0) -> dict[str, int]:
    """One port for each name: the one of last time where it is still free, and never the `public` one."""
    known: dict[str, int] = json.loads(file.read_text()) if file.exists() else {}
    ports: dict[str, int] = {}
    for name in names:
        port = known.get(name, 0)
        while port in (0, public, *ports.values()) or not is_free(port):
            port = free_port()
        ports[name] = port
    file.write_text(json.dumps(ports, indent=2))
    return ports
