"""What the supervisor is given: programs that stay, steps that end, and the stages they come in."""

import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from localstack.account import Account


@dataclass(frozen=True)
class Program:
    """A process that is kept running. `is_ready` may block for a second or two; it runs in a thread."""

    name: str
    command: list[str]
    cwd: Path
    environment: Mapping[str, str]
    is_ready: Callable[[], bool] | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds: float = 10
    account: Account | None = None
    has_terminal: bool = False  # writes to the terminal itself, to show progress
    greets: bool = False  # writes lines of its own accord at its start


@dataclass(frozen=True)
class Stamp:
    """A file that remembers for which content something was done."""

    file: Path
    content: str

    def is_current(self) -> bool:
        return self.file.exists() and self.file.read_text() == self.content

    def write(self) -> None:
        self.file.write_text(self.content)


@dataclass(frozen=True)
class Step:
    """Something done once before the programs of its stage: a function, or a program that ends.

    Without a text it is too quick to mention. With a `stamp` it is done again only when the stamp's content
    changes.
    """

    text: str = ""
    run: Callable[[], object] | None = None
    program: Program | None = None
    is_needed: Callable[[], bool] = lambda: True
    stamp: Stamp | None = None


@dataclass(frozen=True)
class Stage:
    """Steps one after the other, then programs side by side."""

    text: str = ""
    steps: list[Step] = field(default_factory=list)
    programs: list[Program] = field(default_factory=list)
