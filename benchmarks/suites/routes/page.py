"""results.md, as a run writes it."""

from collections.abc import Sequence

from benchmarks.sides import Side
from benchmarks.suites.routes import tables
from benchmarks.suites.routes.outcome import Outcome
from benchmarks.suites.routes.verify import Check

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
`python -m benchmarks routes --rounds {rounds} --seconds {seconds} --connections {connections}`.
What is compared, and why it is fair, is explained in [README.md](README.md).
"""


def values(
    outcome: Outcome, routes: Sequence[str], checks: Sequence[Check], sides: Sequence[Side]
) -> dict[str, object]:
    """What fills the template beside the plan and what the document says of every run."""
    return {
        "comparison": tables.comparison(outcome, routes),
        "spread": tables.spread(outcome, routes),
        "programs": tables.programs(outcome, routes),
        "resting": tables.resting(outcome),
        "checks": tables.checks(checks),
        "data": "; ".join(f"{side.name}: {side.data()}" for side in sides),
    }
