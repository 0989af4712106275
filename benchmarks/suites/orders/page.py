"""orders.md, as a run writes it."""

from benchmarks.suites.orders import tables
from benchmarks.suites.orders.growth import SKUS
from benchmarks.suites.orders.outcome import OrdersPlan, Outcome

TEMPLATE = """\
# Measured: orders

{date}, on {hardware}.
The load generator, the shop, Express and their servers share this machine and talk over loopback.
Programs outside the run took at most {others} of the machine in any round.

## Accepted

{accepted}

`POST` of an order at the public port by {connections} clients that never pause: guests, three lines, medians
of {rounds} rounds of {seconds} s each, in alternation, in a shop of {first} orders. *One set of SKUs*: all
clients want the same three; *many SKUs*: three of {skus}; *held still*: relay and worker are stopped
meanwhile, so that it is what accepting costs by itself. *Express* is the `POST /orders` of
[express/](express): one insert, one job. *Beside Express* is ours divided by theirs: for orders a second more
than 1 is better for us, for processor time less than 1.

{programs}

*CPU ms* is processor time until the work that the order set off is done: ours is paid, shipped, and has sent
its three mails, but where that is held still; theirs has run its job of one select and one update.
*application* is the sum of the programs. `inbox` and `sandbox` stand for the world outside (mail server,
payment provider, carrier).

## Round trips

{round_trips}

Statements, `BEGIN` and `COMMIT`, counted where the driver waits for PostgreSQL.

## Shipped by one worker process

{shipped}

The orders were accepted while relay and worker were held still; then one worker process (with its threads)
paid, shipped and mailed. *Shipped/s* is until the last one was shipped; processor time is milliseconds for
one order until the last mail was sent.

## How soon

{flows}

From the timelines in PostgreSQL; a step's entry bears the time at which the step began. The orders come
at their rate whether the shop keeps up or not. It *kept up* where the last one was shipped within three
seconds after it came. *Last after* is how long that took.

## A shop that has grown

{growth}

*Orders there*: shipped orders of two years, with their lines, timelines, payments, shipments, stock entries
and mails, and the messages of the last week, made in the database. Measured again at each size: `(!)` marks
what is more than a fifth dearer than in the smallest. Lists, details and carts are read by {connections}
clients: one customer's list, orders of guests all over the past, guests' carts.

Processor time of one accepted order (many SKUs) by program, in milliseconds:

{by_program}

The ledgers, reconciled after all of it (this reads the whole shop, and so grows with it):

{checks}

## Problems

{problems}

## With what

- Ours: {ours}
- Theirs: {theirs}
- Both: {both}
- Load: {load}; orders at a rate, and those for one worker process, by Python's requests

To repeat: `python -m benchmarks orders`. `make bench` is the comparison with Express, route by route:
[results.md](results.md).
"""


def values(outcome: Outcome, plan: OrdersPlan) -> dict[str, object]:
    """What fills the template beside the tables, the plan and what the document says of every run."""
    return {"others": tables.others(outcome), "first": f"{plan.sizes[0]:,}", "skus": SKUS}
