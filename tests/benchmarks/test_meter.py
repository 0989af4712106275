import subprocess
import sys

import psutil

from benchmarks import meter, processes

BURN = "import time; end = time.process_time() + 0.3\nwhile time.process_time() < end: pass"
PARENT = (
    f"import subprocess, sys; subprocess.run([sys.executable, '-c', {BURN!r}]); print(flush=True); input()"
)


def test_cpu_seconds__child_has_ended__still_counts_its_time():
    with subprocess.Popen(
        [sys.executable, "-c", PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as parent:
        assert parent.stdout is not None
        parent.stdout.readline()

        root = psutil.Process(parent.pid)
        used = meter.cpu_seconds({"tree": root})["tree"]

        assert root.children() == []
        assert used >= 0.3
        parent.communicate(b"\n")


def test_memory_megabytes__of_an_interpreter__is_plausible():
    assert 2 < meter.memory_megabytes(psutil.Process()) < 2000


def test_tree_of__process_has_gone__is_empty():
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        root = psutil.Process(process.pid)
        process.communicate(b"\n")

    assert processes.tree_of(root) == []
