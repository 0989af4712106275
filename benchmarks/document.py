"""results.md, as a run writes it."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from benchmarks import machine, report
from benchmarks.rounds import Outcome, Plan
from benchmarks.servers import Servers
from benchmarks.sides import Side
from benchmarks.verify import Check

TEMPLATE = """\
# Measured: the shop beside Express

{date}, on {hardware}.
The load generator, both sides and their servers share this machine and talk over loopback.

{comparison}

Medians (rounds: {rounds}, of {seconds} s each, connections: {connections}); both sides in alternation, each
at the port a client would use. *Ratio* is ours divided by theirs: for requests per second more than 1 is
better for us, for processor time less than 1. Latency is at full load. *CPU ms* is processor time of all
server processes for one request: nginx, workers, PostgreSQL, Valkey, and the jobs that the request set off,
until they were done. `(!)` marks a route that had errors; they are listed below.

## Round by round

{spread}

*MB* is the memory of the side's own processes with shared pages counted once, without PostgreSQL and Valkey.
*Bytes* is a whole answer with its headers. *Done after* is how long accepted work went on after the load.
*Others* is the part of the machine that programs outside this run took meanwhile: where it is more than a few
per cent, the figures of that line say little.

Our own part by program, in milliseconds for one request (the mailbox and the payment provider of the local
stack stand for the world outside, and are counted as ours all the same):

{programs}

{resting}

## Problems

{problems}

## Was the work real?

{checks}

wrk ends without reading the answers under way, so a database may hold up to one row more for each connection
of each run.

## With what

- Data: {data}
- Ours: {ours}
- Theirs: {theirs}
- Both: {both}
- Load: {load}

To repeat: `make bench`, or
`python -m benchmarks --rounds {rounds} --seconds {seconds} --connections {connections}`.
What is compared, and why it is fair, is told in [README.md](README.md).
"""


def write(
    path: Path,
    *,
    outcome: Outcome,
    plan: Plan,
    checks: Sequence[Check],
    sides: Sequence[Side],
    servers: Servers | None,
    now: datetime,
) -> None:
    text = TEMPLATE.format(
        date=f"{now:%d %B %Y}",
        hardware=machine.hardware(),
        comparison=report.comparison(outcome, plan.routes),
        spread=report.spread(outcome, plan.routes),
        programs=report.programs(outcome, plan.routes),
        resting=report.resting(outcome),
        problems="\n".join(f"- {problem}" for problem in report.problems(outcome)) or "None.",
        checks=report.checks(checks),
        data="; ".join(f"{side.name}: {side.data()}" for side in sides),
        rounds=plan.rounds,
        seconds=plan.seconds,
        connections=plan.connections,
        **machine.versions(servers),
    )
    path.write_text(text)
