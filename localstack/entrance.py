"""The port that `make run` opens, and why it may not."""

import errno

import psutil

from localstack import ports
from localstack.errors import StackError
from localstack.numbers import MAX_PORT


def require_port(port: int) -> None:
    """Raises StackError saying what keeps us from opening the port, and what to do."""
    problem = ports.problem(port)
    if problem is None:
        return
    other = port + 1000 if port + 1000 <= MAX_PORT else port - 1000
    raise StackError(_reason(port, problem), hint=f"Choose another: PORT={other} make run")


def _reason(port: int, problem: OSError) -> str:
    if problem.errno == errno.EADDRINUSE:
        return f"Port {port} is taken{_holder(port)}."
    if isinstance(problem, PermissionError):
        return f"Port {port} needs rights that this user does not have."
    return f"Port {port} cannot be opened: {problem.strerror}."


def _holder(port: int) -> str:
    """Who listens on the port, as far as we are allowed to know; the kernel hides processes of others."""
    try:
        listening = [c for c in psutil.net_connections("tcp") if c.status == psutil.CONN_LISTEN]
        pid = next(c.pid for c in listening if c.pid and c.laddr and c.laddr.port == port)
        return f" by {psutil.Process(pid).name()} (process {pid})"
    except (psutil.Error, StopIteration):
        return ""
