"""What a person sees: steps with their times, then the lines of every process behind its name."""

import contextlib
import logging
import logging.handlers
import sys
import time
from collections.abc import Collection, Iterator
from pathlib import Path

COLOURS = (36, 33, 35, 32, 34, 96, 93, 95, 92, 94)
NAME_WIDTH = 8
LOG_BYTES = 10 * 1024 * 1024


class Terminal:
    """Shows lines only once `is_streaming`; a log file has all of them from the start."""

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._is_coloured = sys.stdout.isatty()
        self._files: dict[str, logging.Logger] = {}
        self._has_open_line = False
        self._last_line_at = 0.0
        self.is_streaming = False

    def say(self, text: str = "") -> None:
        self.hand_over()
        _print(text)

    def hand_over(self) -> None:
        """Let somebody else write from the beginning of a line."""
        if self._has_open_line:
            _print("")
            self._has_open_line = False

    @contextlib.contextmanager
    def step(self, text: str) -> Iterator[None]:
        """Announce something that takes a while, and say how long it took."""
        started = time.monotonic()
        _print(f"  {text} ... ", end="")
        self._has_open_line = True
        outcome = "failed"
        try:
            yield
            outcome = f"{time.monotonic() - started:.1f} s"
        finally:
            _print(outcome if self._has_open_line else f"  ... {outcome}")
            self._has_open_line = False

    def line(self, name: str, text: str) -> None:
        """One line that the process `name` wrote."""
        self._file(name).info(text)
        self._last_line_at = time.monotonic()
        if self.is_streaming:
            _print(f"{self._prefix(name)} {text}")

    def is_quiet(self, greeting: Collection[str], *, seconds: float) -> bool:
        """Whether all that are `greeting` have written something, and nobody has for so long."""
        return self._files.keys() >= set(greeting) and time.monotonic() - self._last_line_at >= seconds

    def close(self) -> None:
        for logger in self._files.values():
            for handler in logger.handlers:
                handler.close()

    def tail(self, name: str, count: int = 25) -> str:
        """The last lines of the process's log."""
        file = self._logs / f"{name}.log"
        return "\n".join(file.read_text(errors="replace").splitlines()[-count:]) if file.exists() else ""

    def _prefix(self, name: str) -> str:
        label = f"{name:<{NAME_WIDTH}} |"
        if not self._is_coloured:
            return label
        colour = COLOURS[list(self._files).index(name) % len(COLOURS)]
        return f"\x1b[{colour}m{label}\x1b[0m"

    def _file(self, name: str) -> logging.Logger:
        if name not in self._files:
            logger = logging.Logger(name)  # noqa: LOG001 - a file of its own, outside the program's logging
            file = logging.handlers.RotatingFileHandler(
                self._logs / f"{name}.log", maxBytes=LOG_BYTES, backupCount=1, delay=True
            )
            file.doRollover()  # each start begins a new file; the last one's stays beside it
            logger.addHandler(file)
            self._files[name] = logger
        return self._files[name]


def _print(text: str, end: str = "\n") -> None:
    """A terminal that has gone away must not keep us from stopping what we started."""
    with contextlib.suppress(OSError):
        print(text, end=end, flush=True)
