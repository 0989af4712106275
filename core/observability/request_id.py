"""The id that follows one request through logs, outbox messages and workers."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from structlog.contextvars import bind_contextvars, reset_contextvars

from core.ids import uuid7

ACCEPTED = re.compile(r"[A-Za-z0-9._-]{8,128}")
_current: ContextVar[str] = ContextVar("request_id", default="")


def current() -> str:
    """The id of the request being worked for, or an empty string outside one."""
    return _current.get()


def accept(offered: str | None) -> str:
    """The offered id where it is harmless to log and echo, else a new one."""
    return offered if offered and ACCEPTED.fullmatch(offered) else uuid7().hex


@contextmanager
def bind(request_id: str) -> Iterator[None]:
    """Work in this block belongs to `request_id`: log lines and outbox messages carry it."""
    token = _current.set(request_id)
    logged = bind_contextvars(request_id=request_id)
    try:
        yield
    finally:
        reset_contextvars(**logged)
        _current.reset(token)
