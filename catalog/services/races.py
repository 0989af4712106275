from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import IntegrityError

from core.errors import Conflict

P = ParamSpec("P")
R = TypeVar("R")


class LostRace(Conflict):
    code = "lost_race"
    title = "Another write got in between; read again and repeat"


def constraints_decide(service: Callable[P, R]) -> Callable[P, R]:
    """What the service checked first may change until it writes: then a constraint refuses, as a 409.

    Stands outside `transaction.atomic`, since foreign keys are checked at commit.
    """

    @wraps(service)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return service(*args, **kwargs)
        except IntegrityError as error:
            raise LostRace from error

    return wrapped
