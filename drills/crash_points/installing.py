"""Wraps the product in this process, so that it ends where it is told to."""

import fcntl
import os
import signal
import sys
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import partial, wraps
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

from django.db import transaction
from django.db.transaction import Atomic, get_connection

from core.outbox import Event, registry, relay
from drills.crash_points import names, places

Function = Callable[..., Any]


def install(armed: Collection[str], *, once_file: Path | None = None) -> None:
    """Have this process end at the points `armed`, short names or places, by SIGKILL to itself.

    With `once_file` a point kills once: its name is written there, and a name found there kills no more.
    Wraps no more than it needs, and nothing where nothing is armed. Raises NoSuchPlace.
    """
    points = Points({place: name for name in armed for place in names.places_of(name)}, once_file)
    for place in points.names:
        places.check(place)
    beside = {places.what_of(place) for place in points.names}
    _wrap_functions(points, beside)
    _wrap_providers(points, beside)
    _wrap_handlers(points, beside)
    if places.COMMIT in beside:
        _wrap_commits(points)


def install_from(environment: Mapping[str, str]) -> None:
    """Points in CRASH_AT, separated by commas; CRASH_ONCE_FILE may name the file of those that kill once."""
    once_file = environment.get("CRASH_ONCE_FILE")
    armed = [name.strip() for name in environment.get("CRASH_AT", "").split(",") if name.strip()]
    install(armed, once_file=Path(once_file) if once_file else None)


@dataclass(frozen=True)
class Points:
    """The armed places, each with the name that it was armed by."""

    names: Mapping[str, str]
    once_file: Path | None

    def pass_by(self, place: str) -> None:
        name = self.names.get(place)
        if name is not None and self._is_due(name):
            os.kill(os.getpid(), signal.SIGKILL)

    def end_transaction(self, function: str, *, using: str | None = None) -> None:
        """To be called in it, at its end; what lies behind the commit waits for the outermost one."""
        self.pass_by(f"{function}.before_commit")
        if (after := f"{function}.after_commit") in self.names:
            transaction.on_commit(partial(self.pass_by, after), using=using)

    def _is_due(self, name: str) -> bool:
        if self.once_file is None:
            return True
        with self.once_file.open("a+") as done:
            fcntl.flock(done, fcntl.LOCK_EX)
            done.seek(0)
            if name in done.read().splitlines():
                return False
            done.write(f"{name}\n")
        return True


def _around(points: Points, function: Function, what: str) -> Function:
    @wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        caller = places.caller(sys._getframe(1))
        points.pass_by(f"{caller}.before_{what}")
        result = function(*args, **kwargs)
        points.pass_by(f"{caller}.after_{what}")
        return result

    return wrapper


def _wrap_functions(points: Points, beside: Collection[str]) -> None:
    """In every module that has them: those that are imported later take them from where they are defined."""
    found = [resolve_name(path) for path in names.CALLED if places.word(path) in beside]
    wrappers = {id(each): _around(points, each, places.word(each.__name__)) for each in found}
    if places.SEND in beside:
        wrappers[id(relay.publish_batch)] = _with_watched_send(points, relay.publish_batch)
    for module in list(sys.modules.values()) if wrappers else ():
        for name, value in list(getattr(module, "__dict__", {}).items()):
            if id(value) in wrappers:
                setattr(module, name, wrappers[id(value)])


def _with_watched_send(points: Points, publish_batch: Function) -> Function:
    @wraps(publish_batch)
    def wrapper(send: Function, *args: Any, **kwargs: Any) -> Any:
        return publish_batch(_around(points, send, places.SEND), *args, **kwargs)

    return wrapper


def _wrap_providers(points: Points, beside: Collection[str]) -> None:
    for kind, method in places.providers():
        if method in beside:
            setattr(kind, method, _around(points, getattr(kind, method), method))


def _wrap_handlers(points: Points, beside: Collection[str]) -> None:
    for handler in registry.all_handlers():
        run = handler.run
        if handler.transactional and places.COMMIT in beside:
            run = _ending(points, run, handler.name)
        if places.RUN in beside:
            run = _around(points, run, places.RUN)
        object.__setattr__(handler, "run", run)  # it is frozen for the product


def _ending(points: Points, run: Function, handler: str) -> Function:
    @wraps(run)
    def wrapper(event: Event) -> None:
        run(event)
        points.end_transaction(handler)

    return wrapper


def _wrap_commits(points: Points) -> None:
    leave = Atomic.__exit__

    @wraps(leave)
    def wrapper(block: Any, kind: Any, error: Any, traceback: Any) -> None:
        if kind is None and not get_connection(block.using).needs_rollback:
            points.end_transaction(places.caller(sys._getframe(1)), using=block.using)
        leave(block, kind, error, traceback)

    Atomic.__exit__ = wrapper  # type: ignore[method-assign]  # every commit passes it
