"""What may be killed: the processes that the local stack of this checkout has recorded as its own."""

from random import Random
from urllib.parse import urlsplit

import psutil

from core.locks import is_held
from drills.chaos.faults import FAULTS, Fault
from localstack.layout import Layout
from localstack.record import recorded

ENTRANCE = "nginx"
HINT = "Start one with: THROTTLE_SCALE=1000 make run"


class NothingToKill(Exception):
    """No local stack of this checkout is behind the address; the message is for whoever asked."""


class OwnStack:
    """The running stack of the checkout whose layout is given."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout

    @classmethod
    def behind(cls, base_url: str, layout: Layout) -> "OwnStack":
        """Raises NothingToKill where the stack does not run, or another server listens at `base_url`."""
        if not (layout.record.exists() and is_held(layout.lock)):
            raise NothingToKill(f"No local stack of this checkout is running, so nothing is killed. {HINT}")
        address = urlsplit(base_url)
        entrance = recorded(layout.record).get(ENTRANCE)
        if entrance is None or not _listens(entrance, address.hostname or "", address.port or 80):
            raise NothingToKill(
                f"{base_url} is not the local stack of this checkout, so nothing is killed. "
                "Give its address with --base-url."
            )
        return cls(layout)

    def faults(self) -> tuple[Fault, ...]:
        """Servers that were given by DATABASE_URL or REDIS_URL are somebody else's: they are left alone."""
        ours = recorded(self.layout.record)
        return tuple(fault for fault in FAULTS if fault.program in ours)

    def kill(self, fault: Fault, random: Random) -> int | None:
        """The id of the process that was killed; None where there is none at the moment, as it is starting.

        Raises NothingToKill where the supervisor has ended.
        """
        if not is_held(self.layout.lock):
            raise NothingToKill("The local stack has ended. Its last words are in .local/logs.")
        victim = self._victim(fault, random)
        if victim is None:
            return None
        try:
            victim.kill()
        except psutil.NoSuchProcess:
            return None
        return victim.pid

    def _victim(self, fault: Fault, random: Random) -> psutil.Process | None:
        program = recorded(self.layout.record).get(fault.program)
        if program is None or not fault.of_children:
            return program
        try:
            children = sorted(program.children(), key=lambda child: child.pid)
        except psutil.NoSuchProcess:
            return None
        return random.choice(children) if children else None


def _listens(server: psutil.Process, host: str, port: int) -> bool:
    if host not in ("localhost", "127.0.0.1"):
        return False
    try:
        return any(
            one.status == psutil.CONN_LISTEN and one.laddr.port == port
            for one in server.net_connections("tcp4")
        )
    except psutil.Error:
        return False
