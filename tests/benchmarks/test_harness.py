"""The frame of all suites: which one is named, what its options mean, what is written, how it ends."""

from argparse import Namespace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from benchmarks import document, harness
from benchmarks.__main__ import SUITES, main
from benchmarks.errors import BenchmarkError
from benchmarks.harness import Findings, Suite, output_of
from benchmarks.rounds import Plan, in_turn
from benchmarks.suites.routes.outcome import ROUTES

RESULTS = Path(harness.__file__).parent


class OneNumber(Suite[Plan]):
    name = "one"
    summary = "A suite that has found one number without any server."
    results = "one.md"
    template = "{rounds} rounds on {date}: {number}\n{problems}\n"
    full = Plan(rounds=3, seconds=10, connections=1)
    quick = Plan(rounds=1, seconds=1, connections=1)

    def __init__(self, findings: Findings) -> None:
        self.findings = findings

    def add_options(self, parser):
        """None of its own."""

    def measure(self, arguments, bench):
        return self.findings


@pytest.fixture
def without_versions(monkeypatch):
    """Neither servers nor Node are asked who they are."""
    monkeypatch.setattr(
        document.machine, "versions", lambda servers: dict.fromkeys(("ours", "theirs", "both", "load"), "?")
    )


def parsed(*argv: str) -> tuple[Suite, Namespace]:
    return harness.parse(SUITES, argv)


@pytest.mark.parametrize(
    ("argv", "name"),
    [
        ([], "routes"),
        (["--quick"], "routes"),
        (["orders"], "orders"),
        (["hot_sku", "--clients", "8"], "hot_sku"),
    ],
)
def test_parse__suite__is_the_named_one_or_routes(argv, name):
    assert parsed(*argv)[0].name == name


def test_parse__help_without_a_suite__lists_all(capsys):
    with pytest.raises(SystemExit):
        parsed("--help")

    text = capsys.readouterr().out
    assert all(f"\n    {suite.name} " in text for suite in SUITES)


@pytest.mark.parametrize("suite", SUITES, ids=lambda suite: suite.name)
def test_plan__no_option_and_quick__are_those_of_the_suite(suite):
    full, quick = (suite.plan(parsed(suite.name, *options)[1]) for options in ([], ["--quick"]))

    assert vars(full).items() >= {"rounds": suite.full.rounds, "seconds": suite.full.seconds}.items()
    assert vars(quick).items() >= {"rounds": suite.quick.rounds, "seconds": suite.quick.seconds}.items()


def test_plan__options__replace_their_fields_alone():
    suite, arguments = parsed("hot_sku", "--clients", "8", "--rounds", "2")

    assert suite.plan(arguments) == Plan(rounds=2, seconds=suite.full.seconds, connections=8)


def test_plan__routes__keep_the_order_of_the_table():
    suite, arguments = parsed("--routes", "todo", "health")

    assert suite.plan(arguments).routes == ["health", "todo"]


@pytest.mark.parametrize(
    "argv",
    [
        ["routes", "--quick"],
        ["routes", "--only", "ours"],
        ["routes", "--routes", "health", "todo"],
        ["orders", "--quick"],
        ["orders", "--orders", "1000"],
        ["orders", "--no-express"],
        ["hot_sku"],
    ],
    ids=" ".join,
)
def test_output__part_of_a_run__replaces_nothing(argv):
    assert output_of(*parsed(*argv)) is None


@pytest.mark.parametrize(
    ("argv", "name"),
    [
        (["routes"], "results.md"),
        (["routes", "--rounds", "5"], "results.md"),
        (["routes", "--routes", *ROUTES], "results.md"),
        (["orders"], "orders.md"),
    ],
)
def test_output__whole_run__replaces_the_page(argv, name):
    assert output_of(*parsed(*argv)) == RESULTS / name


def test_output__named_file__is_written_by_a_part_too(tmp_path):
    file = tmp_path / "some.md"

    assert output_of(*parsed("routes", "--quick", "--output", str(file))) == file


@pytest.mark.parametrize(
    ("findings", "code"),
    [
        (Findings(tables=["a table"]), 0),
        (Findings(tables=[], is_right=False), 1),
        (Findings(tables=[], problems=["2 time-outs"]), 1),
    ],
)
def test_run__problem_or_something_wrong__exits_with_one(findings, code):
    assert harness.run(*harness.parse([OneNumber(findings)], ["one", "--quick"])) == code


def test_run__whole__prints_tables_and_problems_and_fills_the_page(tmp_path, capsys, without_versions):
    file = tmp_path / "one.md"
    suite = OneNumber(Findings(["first", "", "second"], ["2 time-outs"], {"number": 42}))

    harness.run(*harness.parse([suite], ["one", "--output", str(file)]))

    assert capsys.readouterr().out == f"\nfirst\n\nsecond\n\nPROBLEM: 2 time-outs\n\nWritten: {file}\n"
    assert file.read_text() == f"3 rounds on {datetime.now(UTC):%d %B %Y}: 42\n- 2 time-outs\n"


def test_main__cannot_be_measured__says_why(monkeypatch, capsys):
    def refuse(suite, arguments):
        raise BenchmarkError("wrk is not installed.")

    monkeypatch.setattr(harness, "run", refuse)

    assert main(["hot_sku"]) == 2
    assert capsys.readouterr().err == "\nwrk is not installed.\n"


def test_in_turn__two_takers__alternate():
    assert list(in_turn("AB", 2)) == [(1, "A"), (1, "B"), (2, "A"), (2, "B")]
