import shutil
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
import redis

from localstack import ports, postgres
from localstack.account import server_account
from localstack.servers import throwaway_servers
from tests.stack import eventually

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def local(tmp_path_factory):
    """A directory with a space in its path; for root it is below a private one, as pytest makes them."""
    directory = tmp_path_factory.mktemp("a checkout")
    yield directory
    shutil.rmtree(postgres.find_home(directory, server_account()))


@pytest.fixture(scope="module")
def pair(local):
    with throwaway_servers(local) as servers:
        yield servers


def test_throwaway_servers__path_with_a_space__answer(pair):
    with psycopg.connect(pair.postgres.url) as connection:
        row = connection.execute("SELECT current_setting('server_encoding'), lower('Ä')").fetchone()
    with redis.Redis.from_url(f"{pair.valkey.url}/255") as client:
        answered = client.ping()

    assert (row, answered) == (("UTF8", "ä"), True)


def test_throwaway_servers__no_password__refuse_everyone(pair):
    with pytest.raises(psycopg.OperationalError, match="no password supplied"):
        psycopg.connect(pair.postgres.url.replace(pair.postgres.password, ""))
    with redis.Redis(port=pair.valkey.port) as client, pytest.raises(redis.AuthenticationError):
        client.ping()


def test_throwaway_servers__left_by_a_killed_run__are_swept_by_the_next(local):
    home = postgres.find_home(local, server_account())
    (home / "throwaway-dead.lock").touch()
    (home / "throwaway-dead").mkdir()

    with throwaway_servers(local):
        pass

    assert not list(home.glob("throwaway-dead*"))


def test_throwaway_servers__owner_is_killed__they_end_too(local):
    source = f"""
import pathlib, time
from localstack.servers import throwaway_servers
with throwaway_servers(pathlib.Path({str(local)!r})) as pair:
    print(pair.postgres.port, pair.valkey.port, flush=True)
    time.sleep(60)
"""
    owner = subprocess.Popen([sys.executable, "-c", source], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    used = [int(port) for port in owner.stdout.readline().split()]

    owner.kill()
    owner.communicate()

    assert len(used) == 2
    eventually(lambda: all(ports.is_free(port) for port in used))
