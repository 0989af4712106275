from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import IntegrityError

from core.errors import Conflict

P = ParamSpec("P")
R = TypeVar("R")

TRIES = 3


class LostRace(Conflict):
    code = "lost_race"
    title = "Another write got in between; read again and repeat"


def constraints_decide(service: Callable[P, R]) -> Callable[P, R]:
    """What the service checked first may change until it writes: then a constraint refuses it.

    The service is run again, on what the others have committed by then: it finds another slug, or names
    what is taken. Where that loses too, it is a LostRace. Stands outside `transaction.atomic`, which undoes
    the first try, and since foreign keys are checked at commit.
    """

    @wraps(service)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        for _ in range(TRIES):
            try:
                return service(*args, **kwargs)
            except IntegrityError as error:
                lost = error
        raise LostRace from lost

    return wrapped
