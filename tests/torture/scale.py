"""How much: small counts in every run of the tests, the promised ones under `make torture`."""

import os
from typing import TypeVar

FULL = os.environ.get("TORTURE") == "full"
T = TypeVar("T")


def scale(everyday: T, full: T) -> T:
    return full if FULL else everyday
