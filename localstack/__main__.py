"""`python -m localstack run|card|stop|reset`, in the checkout."""

import os
import sys
from pathlib import Path

from localstack import commands
from localstack.errors import StackError
from localstack.layout import Layout

COMMANDS = {"run": commands.run, "card": commands.card, "stop": commands.stop, "reset": commands.reset}


def main(arguments: list[str]) -> int:
    layout = Layout(Path(__file__).resolve().parents[1])
    os.umask(0o077)  # whatever any of us writes is nobody else's to read
    if arguments[0] not in COMMANDS:
        print(f"There is no command {arguments[0]!r}, only: {', '.join(COMMANDS)}", file=sys.stderr)
        return 2
    try:
        COMMANDS[arguments[0]](layout)
    except StackError as problem:
        print(f"\n{problem}", file=sys.stderr)
        if problem.hint:
            print(f"\n{problem.hint}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or ["run"]))
