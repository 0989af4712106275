"""The pages of docs/ have one order, lines that fit, links that lead somewhere, and paths that exist."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.house import ROOT

DOCS = ROOT / "docs"
HOW_TO, GLOSSARY = DOCS / "how-to.md", DOCS / "glossary.md"
DECISIONS = sorted((DOCS / "decisions").glob("0*.md"))
PAGES = sorted(set(DOCS.glob("*.md")) - {HOW_TO, GLOSSARY})
LINKING = sorted([*DOCS.rglob("*.md"), ROOT / "README.md", ROOT / "CHANGELOG.md"])
NAMING = sorted([*DOCS.rglob("*.md"), ROOT / "README.md"])  # a changelog also names what has gone

OF_A_PAGE = ["What it is", "See it work", "How it works", "Change it", "When it fails"]
OF_A_DECISION = ["Decided", "Why", "Instead of", "Costs", "Measured"]
MAX_COLUMNS = 110

FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^(#+) (.+)$", re.MULTILINE)
LINK = re.compile(r"\]\(([^)\s]+)\)")
CODE = re.compile(r"`([^`\n]+)`")
A_PATH = re.compile(r"[\w.-]+(?:/[\w.-]+)*/?")
ANY_NAME = re.compile(r"\bNAME\b")  # orders/providers/NAME.py: any file there


def _each(pages: list[Path]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("page", pages, ids=lambda page: page.relative_to(ROOT).as_posix())


def _prose(page: Path) -> str:
    """The page without what stands in fences."""
    return FENCE.sub("", page.read_text())


def _sections(page: Path) -> list[str]:
    return [title for marks, title in HEADING.findall(_prose(page)) if marks == "##"]


def _anchors(page: Path) -> set[str]:
    """What a link to a heading of the page ends with, as GitHub makes it."""
    return {
        re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for _, title in HEADING.findall(_prose(page))
    }


@_each(PAGES)
def test_page__sections__are_the_five_in_their_order(page):
    assert _sections(page) == OF_A_PAGE


@_each(DECISIONS)
def test_decision__sections__are_the_five_in_their_order(page):
    assert _sections(page) == OF_A_DECISION


@_each(LINKING)
def test_lines__all_but_rows_of_tables__fit(page):
    """The target of a link does not count, because it cannot be broken."""
    shown = [LINK.sub("]", line) for line in page.read_text().splitlines() if not line.startswith("|")]

    assert [line for line in shown if len(line) > MAX_COLUMNS] == []


@_each(LINKING)
def test_links__relative__lead_to_a_file_and_a_heading(page):
    assert [target for target in LINK.findall(_prose(page)) if not _leads_somewhere(page, target)] == []


def _leads_somewhere(page: Path, target: str) -> bool:
    if re.match(r"[a-z]+:", target):
        return True
    path, _, anchor = target.partition("#")
    linked = page.parent / path if path else page
    return linked.exists() and (not anchor or anchor in _anchors(linked))


@_each(NAMING)
def test_paths__in_backticks__exist(page):
    assert [path for path in _paths(page) if not any(ROOT.glob(ANY_NAME.sub("*", path.rstrip("/"))))] == []


def _paths(page: Path) -> Iterator[str]:
    """What has a slash and begins with a directory of the root. URLs begin with the slash itself."""
    ours = {path.name for path in ROOT.iterdir() if not path.name.startswith(".")}
    for code in CODE.findall(_prose(page)):
        if A_PATH.fullmatch(code) and "/" in code and code.split("/")[0] in ours:
            yield code


def test_glossary__terms__stand_in_the_order_of_the_alphabet_on_one_line_each():
    lines = [line for line in GLOSSARY.read_text().splitlines() if line.startswith("| ")]
    terms = [line.split("|")[1].strip().strip("`").lower() for line in lines[2:]]  # below the table's head

    assert len(terms) > 50
    assert terms == sorted(set(terms))


def test_how_to__every_section__is_a_list_of_files():
    """Each step begins with the file that is to be opened."""
    sections = re.split(r"^## ", _prose(HOW_TO), flags=re.MULTILINE)[1:]
    steps = {
        section.splitlines()[0]: re.findall(r"^\d+\. (.+)$", section, re.MULTILINE) for section in sections
    }

    assert steps
    assert [title for title, found in steps.items() if not found] == []
    assert [step for found in steps.values() for step in found if not step.startswith("`")] == []
