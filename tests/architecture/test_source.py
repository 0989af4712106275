import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.house import ROOT, SHOP, WORKSHOP, sources, trees

MAX_FILE_LINES, MAX_FUNCTION_LINES = 300, 45
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def test_sources__every_package__is_asked():
    """A rule that is asked of no file holds always."""
    asked = {path.relative_to(ROOT).parts[0] for path in sources()}
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests"}

    assert asked == packages == {*SHOP, *WORKSHOP}


def test_imports__contracts__hold():
    command = Path(sys.executable).with_name("lint-imports")

    done = subprocess.run([command, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr


def test_imports__all__stand_at_the_top():
    local = [
        f"{path}:{node.lineno}"
        for path, tree in trees()
        for function in ast.walk(tree)
        if isinstance(function, FUNCTIONS)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]

    assert local == []


def test_files__all__are_short():
    lengths = {path.relative_to(ROOT): len(path.read_text().splitlines()) for path in sources()}

    assert {path: n for path, n in lengths.items() if n > MAX_FILE_LINES} == {}


def test_functions__all__are_short():
    assert [
        f"{path}:{node.lineno} {node.name}"
        for path, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, FUNCTIONS) and node.end_lineno - node.lineno >= MAX_FUNCTION_LINES
    ] == []


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        (r"django\.db\.models\.signals|@receiver", "business logic is called, not signalled"),
        (r"\bTODO\b|\bFIXME\b|\bXXX\b", "unfinished work is not left in the code"),
        (r"except[^:]*:\s*\n\s*pass\b", "a failure is reported, or suppressed by name"),
        (r"ATOMIC_REQUESTS", "transactions belong to use cases"),
    ],
)
def test_source__pattern__stands_nowhere(pattern, why):
    found = [str(p.relative_to(ROOT)) for p in sources() if re.search(pattern, p.read_text())]

    assert found == [], why


def test_files__named_utils__are_none():
    assert [p for p in sources() if p.stem in ("utils", "helpers", "misc")] == []
