import pytest

from benchmarks.errors import BenchmarkError
from benchmarks.servers import only_run


def test_only_run__second_run_of_the_checkout__is_refused_until_the_first_has_ended(tmp_path):
    lock = tmp_path / "benchmark.lock"

    with only_run(lock), pytest.raises(BenchmarkError, match="runs already"):
        _run(lock)

    assert _run(lock)


def _run(lock):
    with only_run(lock):
        return True
