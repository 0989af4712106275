"""The frame of every suite: its options, what it needs to run, its tables, its page and its exit code."""

import argparse
import contextlib
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar, Generic

from benchmarks import document
from benchmarks.bench import Bench
from benchmarks.rounds import PlanT

ROOT = Path(__file__).parents[1]
PROGRAM = "python -m benchmarks"


@dataclass(frozen=True)
class Findings:
    """What a suite has found.

    `tables` are printed, `values` fill the suite's page together with the fields of its plan, and `problems`
    are named in both. A run ends with exit code 1 where there are problems, or where not all `is_right`.
    """

    tables: Sequence[str]
    problems: Sequence[str] = ()
    values: dict[str, object] = field(default_factory=dict)
    is_right: bool = True


class Suite(ABC, Generic[PlanT]):
    """One thing to measure. A whole run fills `template` and writes it to the page `results`."""

    name: ClassVar[str]
    summary: ClassVar[str]
    full: PlanT
    quick: PlanT
    results: ClassVar[str] = ""
    template: ClassVar[str] = ""

    @abstractmethod
    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Declare what this suite has beside `--rounds`, `--seconds`, `--quick` and `--output`.

        An option with the name of a field of the plan sets that field; its default has to be None.
        """

    @abstractmethod
    def measure(self, arguments: argparse.Namespace, bench: Bench) -> Findings:
        """Start on `bench` what is measured, and measure it. Raises BenchmarkError where that cannot be."""

    def is_whole(self, arguments: argparse.Namespace) -> bool:
        """Whether these options leave nothing out: a run of a part does not replace a page by itself."""
        return not arguments.quick

    def plan(self, arguments: argparse.Namespace) -> PlanT:
        base = self.quick if arguments.quick else self.full
        given: dict[str, Any] = {one.name: getattr(arguments, one.name, None) for one in fields(base)}
        return replace(base, **{name: value for name, value in given.items() if value})


def parse(suites: Sequence[Suite[Any]], argv: Sequence[str]) -> tuple[Suite[Any], argparse.Namespace]:
    """The suite that is named first, else the first of `suites`, and its options."""
    parser = argparse.ArgumentParser(
        prog=PROGRAM, epilog=f"Without a suite: {suites[0].name}. Options of one: {PROGRAM} SUITE --help"
    )
    names = parser.add_subparsers(metavar="SUITE", required=True)
    for suite in suites:
        options = names.add_parser(suite.name, help=suite.summary, description=suite.summary)
        options.set_defaults(suite=suite)
        _add_common_options(options, suite)
        suite.add_options(options)
    is_option = bool(argv) and argv[0].startswith("-") and argv[0] not in ("-h", "--help")
    arguments = parser.parse_args([suites[0].name, *argv] if is_option or not argv else argv)
    return arguments.suite, arguments


def _add_common_options(parser: argparse.ArgumentParser, suite: Suite[Any]) -> None:
    full, quick = suite.full, suite.quick
    parser.add_argument("--seconds", type=int, help=f"of each measurement (default {full.seconds})")
    parser.add_argument("--rounds", type=int, help=f"measurements of each kind (default {full.rounds})")
    parser.add_argument("--quick", action="store_true", help=f"{quick.rounds} round of {quick.seconds} s")
    if suite.results:
        parser.add_argument(
            "--output",
            type=Path,
            help=f"where to write the results (a whole run writes benchmarks/{suite.results})",
        )


def run(suite: Suite[Any], arguments: argparse.Namespace) -> int:
    """Measure, print, write; returns the exit code."""
    with contextlib.ExitStack() as running:
        bench = Bench(running, ROOT / ".local")
        findings = suite.measure(arguments, bench)
        problems = "\n".join(f"PROBLEM: {problem}" for problem in findings.problems)
        print("\n" + "\n\n".join(part for part in (*findings.tables, problems) if part))
        if output := output_of(suite, arguments):
            document.write(
                output,
                suite.template,
                values=vars(suite.plan(arguments)) | findings.values,
                problems=findings.problems,
                servers=bench.servers,
                now=datetime.now(UTC),
            )
            print(f"\nWritten: {output}")
    return 1 if findings.problems or not findings.is_right else 0


def output_of(suite: Suite[Any], arguments: argparse.Namespace) -> Path | None:
    if not suite.results:
        return None
    given: Path | None = arguments.output
    return given or (ROOT / "benchmarks" / suite.results if suite.is_whole(arguments) else None)
