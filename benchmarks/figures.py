"""From measurements to the rows of the table."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.measure import Measurement

Pick = Callable[[Measurement], float | None]


@dataclass(frozen=True)
class Figure:
    """One quantity of what is measured, over the rounds that had no problem."""

    median: float
    lowest: float
    highest: float


@dataclass(frozen=True)
class Summary:
    """A route on one side; a figure is None where no clean round or no process was there to measure."""

    per_second: Figure | None
    p50_ms: Figure | None
    p99_ms: Figure | None
    cpu_ms: Figure | None
    memory_mb: Figure | None
    finished_after: Figure | None
    bytes_each: Figure | None
    others_percent: Figure | None
    problems: list[str]


def summarise(rounds: Sequence[Measurement]) -> Summary:
    clean = [one for one in rounds if not one.problem]
    return Summary(
        per_second=_figure(clean, lambda one: one.load.per_second),
        p50_ms=_figure(clean, lambda one: one.load.p50_ms),
        p99_ms=_figure(clean, lambda one: one.load.p99_ms),
        cpu_ms=_figure(clean, lambda one: one.cpu_ms),
        memory_mb=_figure(clean, lambda one: one.memory_mb),
        finished_after=_figure(clean, lambda one: one.finished_after_seconds),
        bytes_each=_figure(
            clean, lambda one: one.load.bytes / one.load.requests if one.load.requests else None
        ),
        others_percent=_figure(clean, lambda one: one.others_share * 100),
        problems=[f"round {number}: {one.problem}" for number, one in enumerate(rounds, 1) if one.problem],
    )


def _figure(rounds: Sequence[Measurement], pick: Pick) -> Figure | None:
    return figure_of([value for value in map(pick, rounds) if value is not None])


def figure_of(values: Sequence[float]) -> Figure | None:
    if not values:
        return None
    return Figure(statistics.median(values), min(values), max(values))


def ratio(ours: Figure | None, theirs: Figure | None) -> float | None:
    if ours is None or theirs is None or theirs.median == 0:
        return None
    return ours.median / theirs.median


def markdown_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Aligned, so that it reads in a terminal as well: the first column to the left, numbers to the right."""
    widths = [max(len(line[column]) for line in (header, *rows)) for column in range(len(header))]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    lines = (header, rule, *rows)
    return "\n".join("| " + " | ".join(_padded(line, widths)) + " |" for line in lines)


def _padded(line: Sequence[str], widths: Sequence[int]) -> list[str]:
    return [
        line[0].ljust(widths[0]),
        *(cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=True)),
    ]
