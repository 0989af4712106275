"""What a place is called: FUNCTION.before_WHAT or FUNCTION.after_WHAT, by who does what there.

FUNCTION is the full path of a function of the product, such as `orders.payments.steps.capture`. WHAT is a
function that it calls (of names.CALLED), a method of a gateway or carrier, `send` (of the relay, to the
broker), `run` (of a handler), or `commit`: the end of its transaction. A transactional handler ends one too;
its FUNCTION is the name of the handler. `after` is passed where nothing was raised.
"""

import inspect
import pkgutil
from collections.abc import Callable, Iterator
from contextlib import ContextDecorator
from types import CodeType, FrameType, FunctionType
from typing import Any

from core.outbox import registry
from drills.crash_points.names import CALLED
from orders.providers import CARRIERS, GATEWAYS
from orders.providers.base import Carrier, Gateway

COMMIT, SEND, RUN = "commit", "send", "run"
SIDES = ("before", "after")
QUIET = (Gateway.read_webhook.__name__, Gateway.check_settings.__name__)  # they call nobody
# The function that `@transaction.atomic` puts around another: it has the block, the other is its `func`.
_DECORATED = f"{ContextDecorator.__call__.__qualname__}.<locals>.inner"


class NoSuchPlace(LookupError):
    """The product has no such function, or the function does nothing of the kind."""


def providers() -> Iterator[tuple[Any, str]]:
    """Each class of a gateway or carrier with each of its methods that calls the outside."""
    for protocol, classes in ((Gateway, GATEWAYS.values()), (Carrier, CARRIERS.values())):
        calls = [name for name in vars(protocol) if name[0] != "_" and name not in QUIET]
        yield from ((kind, name) for kind in classes for name in calls)


def word(function: str) -> str:
    """By which places call a function, given its path or name."""
    return function.rpartition(".")[2].lstrip("_")


def caller(frame: FrameType) -> str:
    """The path of the function that runs in `frame`; a comprehension is part of its function."""
    if frame.f_code.co_qualname == _DECORATED:
        return path(frame.f_locals["func"])
    return _path(frame.f_globals["__name__"], frame.f_code.co_qualname)


def path(function: Callable[..., Any]) -> str:
    """Of a function, in the form that places have."""
    return _path(function.__module__, function.__qualname__)


def what_of(place: str) -> str:
    """WHAT lies beside the place. Raises NoSuchPlace."""
    side, _, what = place.rpartition(".")[2].partition("_")
    if side not in SIDES or not what:
        raise NoSuchPlace(f"{place} does not end in .before_WHAT or .after_WHAT")
    return what


def check(place: str) -> None:
    """Raises NoSuchPlace where no process can come by, as far as the code of the function shows."""
    function, what = place.rpartition(".")[0], what_of(place)
    if what == COMMIT and _is_transactional_handler(function):
        return
    code, is_atomic = _find(function)
    does = {*code.co_names, *code.co_varnames, *code.co_freevars}
    if what == COMMIT:
        is_there = is_atomic or "atomic" in does
    else:
        is_there = what in _words() and what in map(word, does)
    if not is_there:
        raise NoSuchPlace(f"{function} has no {what}")


def _path(module: str, qualified: str) -> str:
    return ".".join(part for part in f"{module}.{qualified}".split(".") if not part.startswith("<"))


def _words() -> set[str]:
    return {SEND, RUN, *map(word, CALLED), *(method for _, method in providers())}


def _is_transactional_handler(name: str) -> bool:
    return registry.is_known(name) and registry.handler_named(name).transactional


def _find(function: str) -> tuple[CodeType, bool]:
    """Its code, and whether it is decorated with `transaction.atomic`."""
    try:
        found = pkgutil.resolve_name(function)
    except (ImportError, AttributeError, ValueError) as missing:
        return _find_inner(function, missing), False
    layers = [found]
    while hasattr(layers[-1], "__wrapped__"):
        layers.append(layers[-1].__wrapped__)
    if not isinstance(layers[-1], FunctionType):
        raise NoSuchPlace(f"{function} is no function")
    return layers[-1].__code__, any(layer.__code__.co_qualname == _DECORATED for layer in layers)


def _find_inner(function: str, missing: Exception) -> CodeType:
    """Of a function that another one makes."""
    outer, _, name = function.rpartition(".")
    try:
        constants = inspect.unwrap(pkgutil.resolve_name(outer)).__code__.co_consts
    except (ImportError, AttributeError, ValueError):
        raise NoSuchPlace(f"There is no {function}") from missing
    for code in constants:
        if isinstance(code, CodeType) and code.co_name == name:
            return code
    raise NoSuchPlace(f"There is no {function}") from missing
