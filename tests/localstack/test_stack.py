"""`make run` as a person meets it: twice on one machine, interrupted, killed, refused."""

import signal
import socket
import subprocess

import pytest

from localstack.ports import HOST, free_port
from tests.stack import Stack, copy_of_checkout, eventually

pytestmark = [pytest.mark.xdist_group("stack"), pytest.mark.timeout(300)]

PROGRAMS = ["web", "worker", "relay", "beat", "nginx", "valkey", "postgres", "inbox", "sandbox"]


@pytest.fixture(scope="module")
def other(tmp_path_factory):
    """A second checkout with an empty shop, for tests that break things."""
    checkout = Stack(copy_of_checkout(tmp_path_factory.mktemp("other") / "another shop"))
    yield checkout
    checkout.remove()


@pytest.fixture
def running(other):
    """The second checkout, up again after whatever the last test did to it."""
    if not other.is_healthy():
        other.stop()
        other.start(DEMO_DATA="no")
    return other


def test_run__two_checkouts_at_once__each_has_its_own_servers(stack, running):
    here, there = stack.environment, running.environment

    assert stack.is_healthy()
    assert running.is_healthy()
    assert {"DATABASE_URL", "REDIS_URL", "SECRET_KEY"} <= {name for name in here if here[name] != there[name]}


def test_banner__its_curl_line__places_an_order(stack):
    line = "curl -s" + stack.output.split("Place an order")[1].split("curl")[1].split("\n\n")[0]

    answer = subprocess.run(["bash", "-c", line], capture_output=True, check=True, text=True)

    assert '"status":"pending"' in answer.stdout
    assert eventually(lambda: stack.mails(to="you@example.com"))


def test_banner__of_a_start__is_the_last_that_is_said(stack):
    greetings = (stack.layout.logs / "worker.log").read_text().count("[tasks]")
    before_banner = stack.output.split("The shop is open.")[0]

    # Celery's own banner was over by then, and not shown; that of a worker that was killed later is.
    assert "[tasks]" not in before_banner
    assert stack.output.count("[tasks]") == greetings - 1


def test_card__while_the_shop_runs__shows_address_and_log_ins_again(stack):
    done = stack.make("card")

    assert done.stdout.splitlines()[1] == "  The shop is open."
    assert f"http://localhost:{stack.port}/admin/" in done.stdout
    assert stack.environment["DEMO_PASSWORD"] in done.stdout


def test_manage__while_the_shop_runs__finds_its_database(stack):
    count = "from catalog.models import Product; print(Product.objects.count())"

    done = stack.manage("shell", "--verbosity=0", "-c", count)

    assert int(done.stdout) > 1000


def test_run__second_start_in_the_same_checkout__is_refused_plainly(running):
    second = running.make("run", f"PORT={running.port}")

    assert second.returncode != 0
    assert f"The shop of this checkout runs already. It is at {running.url}\n" in second.stderr
    assert running.is_healthy()


@pytest.mark.parametrize("name", PROGRAMS)
def test_run__process_killed__is_replaced(running, name):
    running.kill(name)

    assert eventually(running.is_healthy)


def test_run__after_kill_9_of_the_supervisor__ends_what_was_left_and_starts(running):
    running.kill_supervisor()
    left = running.processes()
    running.start(DEMO_DATA="no")

    assert left
    assert not [process for process in left if process.is_running()]
    assert "Ended what an interrupted run had left" in running.output
    assert running.is_healthy()


def test_run__sigterm__stops_everything_within_seconds(running):
    running.signal("supervisor", signal.SIGTERM)

    eventually(lambda: not running.processes(), seconds=20)
    assert not running.layout.record.exists()
    assert not running.layout.environment.exists()


def test_run__port_taken__names_who_has_it_and_what_to_do(other):
    other.stop()
    with socket.create_server((HOST, other.port)):
        process = other.begin()
        process.wait(60)

    assert process.returncode != 0
    assert f"Port {other.port} is taken by " in other.output
    assert "PORT=" in other.output


def test_run__given_database_does_not_answer__shows_why_and_leaves_no_process(other):
    other.stop()
    process = other.begin(DATABASE_URL=f"postgres://shop@{HOST}:{free_port()}/shop")
    process.wait(60)

    assert process.returncode != 0
    assert "Connection refused" in other.output
    assert "The whole log: .local/logs/migrate.log" in other.output
    assert other.processes() == []
