import asyncio
import contextlib
import os
import signal
import sys
import time

import pytest

from localstack.errors import StackError
from localstack.record import Record, recorded
from localstack.stages import Program, Stage, Stamp, Step
from localstack.supervisor import Supervisor
from localstack.terminal import Terminal

STAYS = "import time; print('here I am', flush=True); time.sleep(60)"
FAILS = "import sys; print('no such table'); sys.exit(3)"
DEAF = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {STAYS}"


@pytest.fixture
def python(tmp_path):
    """Makes a program out of Python source."""

    def _python(name, source, **options):
        command = [sys.executable, "-c", source]
        return Program(name=name, command=command, cwd=tmp_path, environment=os.environ, **options)

    return _python


@pytest.fixture
def supervise(tmp_path):
    """Runs stages until `when_up` has returned, then ends as by SIGTERM."""

    def _supervise(*stages, when_up=lambda: None):
        def then_stop():
            when_up()
            os.kill(os.getpid(), signal.SIGTERM)

        with contextlib.closing(Terminal(tmp_path)) as terminal:
            supervisor = Supervisor(list(stages), record=Record(tmp_path / "stack.json"), terminal=terminal)
            asyncio.run(supervisor.run(when_up=then_stop))

    return _supervise


def test_run__program_fails_at_every_start__gives_up_with_its_last_words(supervise, python):
    with pytest.raises(StackError, match=r"web failed at 5 starts \(exit code 3\)") as problem:
        supervise(Stage("Starting", programs=[python("web", FAILS, is_ready=lambda: False)]))

    assert "no such table" in str(problem.value)
    assert problem.value.hint == "The whole log: .local/logs/web.log"


def test_run__step_fails__later_stages_do_not_start(supervise, python, tmp_path):
    with pytest.raises(StackError, match=r"migrate failed \(exit code 3\)"):
        supervise(
            Stage(steps=[Step("Migrating", program=python("migrate", FAILS))]),
            Stage("Starting", programs=[python("web", STAYS)]),
        )

    assert not (tmp_path / "web.log").exists()


def test_run__step_has_a_current_stamp__is_skipped(supervise, python, tmp_path):
    stamp = Stamp(tmp_path / "static.done", "version 1")
    stamp.write()

    supervise(Stage(steps=[Step("Collecting", program=python("static", FAILS), stamp=stamp)]))

    assert not (tmp_path / "static.log").exists()


def test_run__ends__programs_are_gone_and_their_lines_kept(supervise, python, tmp_path):
    seen = {}

    supervise(
        Stage("Starting", programs=[python("web", STAYS, is_ready=(tmp_path / "web.log").exists)]),
        when_up=lambda: seen.update(recorded(tmp_path / "stack.json")),
    )

    assert not seen["web"].is_running()
    assert (tmp_path / "web.log").read_text() == "here I am\n"


def test_run__program_ignores_sigterm__is_killed_after_its_deadline(supervise, python, tmp_path):
    started = time.monotonic()

    supervise(
        Stage(
            "Starting",
            programs=[python("web", DEAF, is_ready=(tmp_path / "web.log").exists, stop_seconds=0.2)],
        )
    )

    assert time.monotonic() - started < 30
    assert recorded(tmp_path / "stack.json").keys() <= {"supervisor"}


def test_run__stages__stop_in_reverse_order(supervise, python, tmp_path):
    source = (
        "import signal, sys, time\n"
        "signal.signal(signal.SIGTERM, lambda *_: (open('order', 'a').write(sys.argv[1]), sys.exit()))\n"
        "print('up', flush=True); time.sleep(60)"
    )

    def program(name):
        made = python(name, source, is_ready=(tmp_path / f"{name}.log").exists)
        made.command.append(name)
        return made

    supervise(Stage("First", programs=[program("a")]), Stage("Second", programs=[program("b")]))

    assert (tmp_path / "order").read_text() == "ba"


def test_run__program_greets_late__is_heard_before_the_last_word(supervise, python, tmp_path):
    source = "import time; time.sleep(2); print('a banner', flush=True); time.sleep(60)"
    heard = []

    supervise(
        Stage("Starting", programs=[python("worker", source, greets=True)]),
        when_up=lambda: heard.append((tmp_path / "worker.log").read_text()),
    )

    assert heard == ["a banner\n"]


def test_run__program_has_the_terminal__step_and_time_are_said_once(supervise, python, capfd):
    supervise(Stage(steps=[Step("Loading", program=python("demo", "print('rows')", has_terminal=True))]))

    said = capfd.readouterr().out
    assert (said.count("Loading"), said.count(" s\n")) == (1, 1)
