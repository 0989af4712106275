"""Numbers that a person gives to `make run`."""

import re
from collections.abc import Mapping

from localstack.errors import StackError

MAX_PORT = 65535
MAX_SIZE = 1024  # processes or threads; more is a slip of the finger
DIGITS = re.compile("[0-9]{1,9}")


def whole_number(given: Mapping[str, str], name: str, *, default: int, most: int) -> int:
    """The number under `name`, from 1 to `most`; `default` where it is not given or empty."""
    text = given.get(name) or str(default)
    if not DIGITS.fullmatch(text) or not 1 <= int(text) <= most:
        raise StackError(
            f"{name} is {text!r}, which is no whole number from 1 to {most}.",
            hint=f"For example: {name}={default} make run",
        )
    return int(text)
