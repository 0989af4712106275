"""The files of a checkout that fill in the environment, and when they are not read."""

import fcntl
import os
import shutil
import subprocess
import sys

import pytest

from tests.architecture.house import ROOT

SHOW = "from config.settings.env import env; print(env.str('A_NAME', default='nothing'))"


@pytest.fixture
def checkout(tmp_path):
    """A checkout of its own with the stack's file, as the kill of a supervisor leaves it."""
    shutil.copytree(ROOT / "config", tmp_path / "config", ignore=shutil.ignore_patterns("__pycache__"))
    for package in ("core", "accounts", "catalog", "orders", "todos"):
        (tmp_path / package).symlink_to(ROOT / package)
    (tmp_path / ".local").mkdir()
    (tmp_path / ".local" / "env").write_text("A_NAME='the local stack'\n")
    (tmp_path / ".local" / "stack.lock").touch()
    return tmp_path


def _shown(checkout, environment):
    """What a process of the checkout reads."""
    done = subprocess.run(
        [sys.executable, "-c", SHOW],
        cwd=checkout,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def _outside_of_tests():
    return {name: value for name, value in os.environ.items() if name != "READ_ENV_FILES"}


def test_env_files__process_of_a_test__reads_neither(checkout):
    (checkout / ".env").write_text("A_NAME=of a person\n")
    with (checkout / ".local" / "stack.lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)

        assert _shown(checkout, os.environ) == "nothing"


def test_env_files__of_a_person__is_read(checkout):
    (checkout / ".env").write_text("A_NAME=of a person\n")

    assert _shown(checkout, _outside_of_tests()) == "of a person"


def test_env_files__of_the_running_stack__is_read(checkout):
    with (checkout / ".local" / "stack.lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)

        assert _shown(checkout, _outside_of_tests()) == "the local stack"


@pytest.mark.parametrize("has_lock_file", [True, False])
def test_env_files__left_by_a_stack_that_has_ended__is_not_read(checkout, has_lock_file):
    if not has_lock_file:
        (checkout / ".local" / "stack.lock").unlink()

    assert _shown(checkout, _outside_of_tests()) == "nothing"
