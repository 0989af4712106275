"""What the tables of all suites are made of: cells, ratios, and processor time by program."""

from collections.abc import Collection, Mapping, Sequence

from benchmarks.figures import Figure, markdown_table
from benchmarks.measure import OWN, Measurement

NOTHING = "-"
SERVERS = ("PostgreSQL", "Valkey")
TREES = (OWN, *SERVERS)


def number(figure: Figure | None, *, digits: int = 1) -> str:
    return NOTHING if figure is None else f"{figure.median:,.{digits}f}"


def times(value: float | None) -> str:
    """A ratio."""
    return NOTHING if value is None else f"{value:.2f}"


def each_ms(rounds: Sequence[Measurement], name: str) -> float | None:
    """Milliseconds per request of one tree or program, over all clean rounds."""
    clean = [one for one in rounds if not one.problem]
    seconds = sum((one.cpu_seconds | one.programs).get(name, 0.0) for one in clean)
    served = sum(one.served for one in clean)
    return seconds * 1000 / served if served else None


def each(rounds: Sequence[Measurement], name: str) -> str:
    value = each_ms(rounds, name)
    return NOTHING if value is None else f"{value:.3f}"


def programs_of(rounds: Sequence[Measurement]) -> list[str]:
    return sorted({name for one in rounds for name in one.programs})


def by_program(
    header: str,
    rounds: Mapping[str, Sequence[Measurement]],
    *,
    trees: Sequence[str] = (),
    without_programs: Collection[str] = (),
) -> str:
    """Milliseconds per request of each program, then of whole `trees`, one row for each kind of `rounds`.

    The rows `without_programs` have figures for their trees alone.
    """
    names = programs_of([one for made in rounds.values() for one in made])
    rows = []
    for row, made in rounds.items():
        programs = [NOTHING if row in without_programs else each(made, name) for name in names]
        rows.append([row, *programs, *(each(made, tree) for tree in trees)])
    return markdown_table([header, *names, *trees], rows)
