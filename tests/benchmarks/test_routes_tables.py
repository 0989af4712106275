from benchmarks.figures import Figure, markdown_table, ratio, summarise
from benchmarks.load.wrk import Load
from benchmarks.measure import OWN, Measurement
from benchmarks.suites.routes import tables
from benchmarks.suites.routes.outcome import Outcome
from benchmarks.suites.routes.verify import Check


def measurement(*, requests: int, cpu: float = 1.0, bad_status: int = 0, unfinished: int = 0) -> Measurement:
    return Measurement(
        served=requests,
        load=Load(requests, 2.0, requests * 100, 4.0, 9.0, bad_status, 0, 0),
        cpu_seconds={OWN: cpu * 0.75, "PostgreSQL": cpu * 0.25},
        programs={"web": cpu * 0.5, "worker": cpu * 0.25},
        memory_mb=200.0,
        others_share=0.0,
        finished_after_seconds=0.5,
        unfinished=unfinished,
    )


def outcome(**rounds: list[Measurement]) -> Outcome:
    return Outcome(measured={(side.capitalize(), "health"): made for side, made in rounds.items()})


def test_cpu_ms__several_trees__is_their_sum_for_one_request():
    assert measurement(requests=500, cpu=2.0).cpu_ms == 4.0


def test_summarise__three_rounds__gives_median_lowest_and_highest():
    summary = summarise([measurement(requests=count) for count in (600, 200, 300)])

    assert summary.per_second == Figure(median=150.0, lowest=100.0, highest=300.0)


def test_summarise__round_with_errors__is_left_out_and_named():
    summary = summarise([measurement(requests=200), measurement(requests=9000, bad_status=9000)])

    assert summary.per_second == Figure(median=100.0, lowest=100.0, highest=100.0)
    assert summary.problems == ["round 2: 9000 answers that were not 2xx"]


def test_comparison__both_sides__divides_ours_by_theirs():
    table = tables.comparison(
        outcome(django=[measurement(requests=3000)], express=[measurement(requests=1000)]), ["health"]
    )

    cells = [cell.strip() for cell in table.splitlines()[-1].strip("|").split("|")]
    assert cells[:4] == ["GET health", "1,500.0", "500.0", "3.00"]
    assert cells[-1] == "0.33"


def test_comparison__only_rounds_with_errors__is_marked_and_has_no_ratio():
    table = tables.comparison(
        outcome(django=[measurement(requests=3000, unfinished=7)], express=[measurement(requests=1000)]),
        ["health"],
    )

    cells = [cell.strip() for cell in table.splitlines()[-1].strip("|").split("|")]
    assert cells[:4] == ["GET health", "(!) -", "500.0", "-"]


def test_comparison__one_side_alone__shows_the_other_as_missing():
    table = tables.comparison(outcome(express=[measurement(requests=1000)]), ["health"])

    assert "| GET health |      - |    500.0 |     - |" in table


def test_programs__several_rounds__give_milliseconds_of_each_for_one_request():
    table = tables.programs(outcome(django=[measurement(requests=500, cpu=2.0)]), ["health"])

    assert table.splitlines()[0].split() == ["|", "route", "|", "web", "|", "worker", "|"]
    assert table.splitlines()[-1].split()[-4:] == ["2.000", "|", "1.000", "|"]


def test_ratio__nothing_on_one_side__is_none():
    assert ratio(None, Figure(1, 1, 1)) is None
    assert ratio(Figure(1, 1, 1), Figure(0, 0, 0)) is None


def test_markdown_table__wide_cells__lines_up():
    table = markdown_table(["route", "n"], [["a", "1,000"], ["longer one", "2"]])

    assert len({len(line) for line in table.splitlines()}) == 1


def test_check__rows_found__may_exceed_only_by_what_was_under_way():
    def is_right(found: int) -> bool:
        return Check("Django", "orders", acknowledged=100, found=found, allowance=32).is_right

    assert is_right(100)
    assert is_right(132)
    assert not is_right(99)
    assert not is_right(133)
