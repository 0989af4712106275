"""One measurement: load on one side, processor time until its work is done, memory while it is warm."""

import os
import time
from dataclasses import dataclass

import psutil

from benchmarks import meter
from benchmarks.load import wrk
from benchmarks.load.wrk import Load
from benchmarks.servers import Servers
from benchmarks.sides import Side, wait_until_done

MAX_QUIET_SHARE = 0.2  # of one core: below it, the processes are taken to be at rest
QUIET_WINDOW_SECONDS = 0.5
MAX_WAIT_SECONDS = 20
IDLE_SECONDS = 5
OWN = "application"


@dataclass(frozen=True)
class Measurement:
    """`cpu_seconds` by process tree, from the first request until the work behind it was done; `programs`
    are parts of the application's share.

    `served` is what the processes worked on in that time: the requests that wrk counted, and the one on
    each connection that was under way when it stopped. Of slow requests these are many.
    """

    load: Load
    served: int
    cpu_seconds: dict[str, float]
    programs: dict[str, float]
    memory_mb: float | None
    others_share: float  # of the machine, during the load, used by programs that are no part of the run
    finished_after_seconds: float
    unfinished: int

    @property
    def cpu_ms(self) -> float | None:
        """Per request, over all server processes; None where they are not ours to see."""
        return sum(self.cpu_seconds.values()) * 1000 / self.served if OWN in self.cpu_seconds else None

    @property
    def problem(self) -> str:
        """Why the figures must not be compared; empty where they may."""
        found = {
            "answers that were not 2xx": self.load.bad_status,
            "socket errors": self.load.socket_errors,
            "time-outs": self.load.timeouts,
            "left unfinished": self.unfinished,
            "round without an answer": 0 if self.load.requests else 1,
        }
        return ", ".join(f"{count} {what}" for what, count in found.items() if count)


def measure(
    side: Side,
    route: str,
    *,
    servers: Servers | None,
    seconds: int,
    connections: int,
    until_done: bool = True,
) -> Measurement:
    """Load on one route; `until_done`: until the work behind it is done, too, else that is left waiting."""
    roots = roots_of(side, servers)
    requests = side.requests_for(route)
    programs = side.programs()
    wait_until_quiet(roots)
    before = meter.cpu_seconds(roots | programs)
    others = _others_seconds(roots)
    result = wrk.run(side.url, requests, seconds=seconds, connections=connections)
    others = _others_seconds(roots) - others
    ended = time.monotonic()
    unfinished = wait_until_done(side) if until_done else 0
    finished_after = time.monotonic() - ended
    wait_until_quiet(roots)
    after = meter.cpu_seconds(roots | programs)
    return Measurement(
        load=result,
        served=result.requests + connections,
        cpu_seconds={name: after[name] - before[name] for name in roots},
        programs={name: after[name] - before[name] for name in programs},
        memory_mb=meter.memory_megabytes(side.process) if side.process else None,
        others_share=max(0.0, others / result.seconds / (os.cpu_count() or 1)),
        finished_after_seconds=finished_after,
        unfinished=unfinished,
    )


def measure_idle(side: Side, servers: Servers | None) -> float:
    """Milliseconds of processor time per second that a side and the servers use with nothing to do."""
    roots = roots_of(side, servers)
    wait_until_quiet(roots)
    before = meter.cpu_seconds(roots)
    time.sleep(IDLE_SECONDS)
    after = meter.cpu_seconds(roots)
    return sum(after[name] - before[name] for name in roots) * 1000 / IDLE_SECONDS


def _others_seconds(roots: dict[str, psutil.Process]) -> float:
    run = sum(meter.cpu_seconds(roots).values()) + meter.children_seconds()
    return meter.machine_seconds() - run


def roots_of(side: Side, servers: Servers | None) -> dict[str, psutil.Process]:
    own = {OWN: side.process} if side.process else {}
    return own | (servers.processes if servers else {})


def wait_until_quiet(roots: dict[str, psutil.Process]) -> None:
    """Until the trees rest; what still runs when the time is up counts as their own need."""
    deadline = time.monotonic() + MAX_WAIT_SECONDS
    before = sum(meter.cpu_seconds(roots).values())
    while time.monotonic() < deadline:
        time.sleep(QUIET_WINDOW_SECONDS)
        after = sum(meter.cpu_seconds(roots).values())
        if after - before < MAX_QUIET_SHARE * QUIET_WINDOW_SECONDS:
            return
        before = after
