"""What a newcomer types before, beside or after `make run`, in a checkout whose shop is stopped."""

import os
import subprocess
import sys

import pytest

from localstack.ports import free_port
from tests.stack import KEPT_VARIABLES, copy_of_checkout


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    return copy_of_checkout(tmp_path_factory.mktemp("fresh") / "a shop")


@pytest.fixture
def typed(checkout):
    """Runs a command there with nothing set but these variables."""

    def run(*command, **variables):
        kept = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
        return subprocess.run(
            command,
            cwd=checkout,
            env=kept | variables,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    return run


@pytest.mark.parametrize(
    "command",
    [
        ["make", "-s", "shell"],
        [sys.executable, "manage.py", "order_steps", "S-1"],
        [sys.executable, "manage.py", "check"],
    ],
    ids=["shell", "order_steps", "check"],
)
def test_command__shop_is_stopped__says_in_one_line_what_to_do(typed, command):
    done = typed(*command)

    said = done.stderr.splitlines()
    assert done.returncode != 0
    assert said[0].startswith("The shop of this checkout is not running: start it with `make run`")
    assert "Traceback" not in done.stderr
    assert len([line for line in said if not line.startswith("make")]) == 1


def test_command__database_is_away__says_so_in_one_line(typed):
    given = {"SECRET_KEY": "x" * 60, "DATABASE_URL": f"postgres://shop@127.0.0.1:{free_port()}/shop"}

    done = typed(sys.executable, "manage.py", "migrate", LOCAL_STACK="true", **given)

    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "Connection refused" in done.stderr


def test_command__malformed_setting__is_named_in_one_line(typed):
    done = typed(sys.executable, "manage.py", "check", SECRET_KEY="x" * 60, THROTTLE_SCALE="many")

    assert done.returncode == 1
    assert "THROTTLE_SCALE is malformed" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_logs__before_the_first_run__says_that_there_are_none(typed):
    done = typed("make", "-s", "logs")

    assert (done.returncode, done.stdout) == (0, "There are no logs yet: make run begins them.\n")


def test_card__shop_is_stopped__says_so(typed):
    done = typed(sys.executable, "-m", "localstack", "card")

    assert done.returncode == 1
    assert done.stderr == "\nThe shop of this checkout is not running.\n\nStart it with: make run\n"


@pytest.mark.parametrize(
    "given", [{"PORT": "abc"}, {"PORT": "99999"}, {"WEB_THREADS": "x"}, {"WEB_CONCURRENCY": "0"}]
)
def test_run__impossible_number__is_said_and_nothing_starts(typed, given):
    done = typed(sys.executable, "-m", "localstack", "run", **given)

    (name,) = given
    assert done.returncode == 1
    assert f"{name} is " in done.stderr
    assert "Traceback" not in done.stderr


def test_stack__unknown_command__lists_those_that_there_are(typed):
    done = typed(sys.executable, "-m", "localstack", "start")

    assert done.returncode == 2
    assert done.stderr == "There is no command 'start', only: run, card, stop, reset\n"
