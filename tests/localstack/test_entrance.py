import errno
import os
import socket
from types import SimpleNamespace

import psutil
import pytest

from localstack import ports
from localstack.entrance import require_port
from localstack.environment import public_port
from localstack.errors import StackError
from localstack.ports import HOST, free_port


@pytest.mark.parametrize(
    "port",
    ["abc", "0", "-1", "65536", "99999", "8_000", "\uff18\uff10\uff18\uff10", "80.0", " 8000", "9" * 99],
)
def test_public_port__not_a_port__is_said_in_one_sentence(port):
    with pytest.raises(
        StackError, match=r"^PORT is .*, which is no whole number from 1 to 65535\.$"
    ) as refused:
        public_port({"PORT": port})

    assert refused.value.hint == "For example: PORT=8000 make run"


@pytest.mark.parametrize(("given", "port"), [({}, 8000), ({"PORT": ""}, 8000), ({"PORT": "65535"}, 65535)])
def test_public_port__a_port__is_it(given, port):
    assert public_port(given) == port


def test_require_port__free__passes():
    require_port(free_port())


def test_require_port__taken__names_the_process():
    with socket.create_server((HOST, 0)) as server, pytest.raises(StackError) as refused:
        require_port(server.getsockname()[1])

    assert str(refused.value).endswith(f"(process {os.getpid()}).")


def test_require_port__taken_by_a_process_that_we_may_not_see__names_nobody(monkeypatch):
    with socket.create_server((HOST, 0)) as server:
        port = server.getsockname()[1]
        hidden = SimpleNamespace(pid=None, status=psutil.CONN_LISTEN, laddr=SimpleNamespace(port=port))
        monkeypatch.setattr(psutil, "net_connections", lambda kind: [hidden])
        with pytest.raises(StackError) as refused:
            require_port(port)

    assert str(refused.value) == f"Port {port} is taken."


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (errno.EACCES, "Port 80 needs rights that this user does not have."),
        (errno.EADDRNOTAVAIL, "Port 80 cannot be opened: Cannot assign requested address."),
    ],
)
def test_require_port__refused_by_the_kernel__says_why(monkeypatch, number, text):
    monkeypatch.setattr(ports, "problem", lambda port: OSError(number, os.strerror(number)))

    with pytest.raises(StackError) as refused:
        require_port(80)

    assert (str(refused.value), refused.value.hint) == (text, "Choose another: PORT=1080 make run")


def test_require_port__the_highest_is_taken__another_that_exists_is_proposed(monkeypatch):
    monkeypatch.setattr(ports, "problem", lambda port: OSError(errno.EADDRINUSE, "in use"))

    with pytest.raises(StackError) as refused:
        require_port(65535)

    assert refused.value.hint == "Choose another: PORT=64535 make run"
