import json
import subprocess
import sys

import psutil
import pytest

from localstack.record import Record, end_leftovers, recorded

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]
# A leader with one worker that outlives it, as nginx's do.
LEADER = [
    sys.executable,
    "-c",
    "import subprocess, sys, time; print(subprocess.Popen(sys.argv[1:]).pid, flush=True); time.sleep(60)",
    *SLEEP,
]


@pytest.fixture
def start(tmp_path):
    """Starts processes in groups of their own, as the supervisor does; ends them all afterwards."""
    started = []

    def _start(command, **options):
        process = subprocess.Popen(
            command, **({"cwd": tmp_path, "start_new_session": True, "stdout": subprocess.PIPE} | options)
        )
        started.append(process)
        return process

    yield _start
    for process in started:
        process.kill()
        process.communicate()


def test_end_leftovers__recorded_process_runs__is_ended(tmp_path, start):
    process = psutil.Process(start(SLEEP).pid)
    Record(tmp_path / "stack.json").add("web", process.pid)

    ended = end_leftovers(tmp_path / "stack.json", tmp_path)

    assert ended == ["web"]
    assert not process.is_running() or process.status() == psutil.STATUS_ZOMBIE  # its parent is this test
    assert not (tmp_path / "stack.json").exists()


def test_end_leftovers__leader_is_gone_and_its_worker_is_not__ends_the_worker(tmp_path, start):
    leader = start(LEADER)
    worker = psutil.Process(int(leader.stdout.readline()))
    Record(tmp_path / "stack.json").add("nginx", leader.pid)
    leader.kill()
    leader.wait()

    ended = end_leftovers(tmp_path / "stack.json", tmp_path)

    assert ended == ["nginx"]
    assert not worker.is_running() or worker.status() == psutil.STATUS_ZOMBIE


def test_end_leftovers__id_now_belongs_to_a_stranger__it_lives(tmp_path, start):
    stranger = start(SLEEP, cwd="/")
    entry = {"pid": stranger.pid, "created": psutil.Process(stranger.pid).create_time() - 60}
    (tmp_path / "stack.json").write_text(json.dumps({"web": entry}))

    ended = end_leftovers(tmp_path / "stack.json", tmp_path)

    assert ended == []
    assert stranger.poll() is None


def test_end_leftovers__supervisor_itself__is_left_alone(tmp_path, start):
    supervisor = start(SLEEP)
    Record(tmp_path / "stack.json").add("supervisor", supervisor.pid)

    end_leftovers(tmp_path / "stack.json", tmp_path)

    assert supervisor.poll() is None


def test_recorded__process_has_ended__is_not_listed(tmp_path, start):
    process = start(SLEEP)
    Record(tmp_path / "stack.json").add("web", process.pid)
    process.kill()
    process.wait()

    assert recorded(tmp_path / "stack.json") == {}
