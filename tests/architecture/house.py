"""What the house rules are asked of: its source files, views, tasks and events."""

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from django.urls import URLPattern, URLResolver, get_resolver

ROOT = Path(__file__).resolve().parents[2]
SHOP = ("config", "accounts", "catalog", "orders", "todos", "core")
WORKSHOP = ("localstack", "sandbox", "demo", "drills", "benchmarks")


class Route(NamedTuple):
    path: str
    callback: Any

    @property
    def view(self) -> type | None:
        """The view's class; None for a plain function."""
        return getattr(self.callback, "cls", None) or getattr(self.callback, "view_class", None)


def sources(packages: Iterable[str] = (*SHOP, *WORKSHOP)) -> list[Path]:
    """Every Python file of these packages, without migrations."""
    files = (path for package in packages for path in (ROOT / package).rglob("*.py"))
    return sorted(path for path in files if "migrations" not in path.parts)


def trees() -> Iterator[tuple[Path, ast.Module]]:
    for path in sources():
        yield path.relative_to(ROOT), ast.parse(path.read_text())


def routes() -> list[Route]:
    """Every path but the admin's own."""
    return [route for route in _walk(get_resolver(), "/") if not route.path.startswith("/admin/")]


def _walk(resolver: URLResolver, prefix: str) -> Iterator[Route]:
    for entry in resolver.url_patterns:
        path = prefix + str(entry.pattern)
        if isinstance(entry, URLPattern):
            yield Route(path, entry.callback)
        else:
            yield from _walk(entry, path)
