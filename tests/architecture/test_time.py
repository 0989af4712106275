"""A value made while a module loads is old by the time it is used: tests then fail on slow machines only."""

import ast
from collections.abc import Iterator

import pytest

from tests.architecture.house import ROOT

CLOCKS = {"now", "utcnow", "time", "time_ns", "today", "localtime", "localdate", "gmtime", "uuid7", "uuid1"}
BODIES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
EVERYTHING = (
    *("config", "accounts", "catalog", "orders", "todos", "core"),
    *("localstack", "sandbox", "demo", "drills", "benchmarks", "tests"),
)


def _at_load(node: ast.AST) -> Iterator[ast.Call]:
    """The calls that are made when the module is loaded: decorators and defaults too, no function's body."""
    for field, value in ast.iter_fields(node):
        if isinstance(node, BODIES) and field == "body":
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.Call):
                yield child
            if isinstance(child, ast.AST):
                yield from _at_load(child)


def _reads_clock(call: ast.Call) -> bool:
    """Without arguments: `time(6)` is a constant."""
    name = ast.unparse(call.func).rpartition(".")[2]
    return name in CLOCKS and not call.args


def _clocks(source: str) -> list[str]:
    return [ast.unparse(call) for call in _at_load(ast.parse(source)) if _reads_clock(call)]


@pytest.mark.parametrize(
    "source",
    [
        "NOW = timezone.now()",
        "@parametrize('at', [int(time.time()) - 1000])\ndef test(at): ...",
        "def place(now=timezone.now()): ...",
        "class Order:\n    at = date.today()",
    ],
)
def test_clocks__read_at_load__are_seen(source):
    assert len(_clocks(source)) == 1


def test_clocks__read_when_called__are_not():
    assert _clocks("def test(make=lambda: timezone.now()):\n    at = time.time()\nat = time(6)") == []


def test_modules__all__read_no_clock_when_they_are_loaded():
    files = [path for package in EVERYTHING for path in (ROOT / package).rglob("*.py")]

    found = {str(path.relative_to(ROOT)): _clocks(path.read_text()) for path in files}

    assert {path: calls for path, calls in found.items() if calls} == {}
