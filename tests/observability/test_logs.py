"""Logs as a process of its own writes them: pytest has handlers that change them."""

import json
import subprocess
import sys

import pytest

SPEAKING = """
import logging.config, sys, structlog
from core.observability import request_id
from core.observability.logs import logging_config
logging.config.dictConfig(logging_config(level="INFO", fmt=sys.argv[1]))
with request_id.bind("request-42"):
    structlog.get_logger("shop").info("order_placed", number="S-1", note="two\\nlines")
    logging.getLogger("a.library").warning("plain %s", "text")
    structlog.get_logger("shop").debug("too quiet")
    try:
        {}["missing"]
    except KeyError:
        structlog.get_logger("shop").exception("failed")
"""


def _speak(fmt):
    done = subprocess.run([sys.executable, "-c", SPEAKING, fmt], capture_output=True, text=True, check=True)
    return done.stderr


@pytest.fixture(scope="module")
def lines():
    return [json.loads(line) for line in _speak("json").splitlines()]


def test_json__each_line__is_one_object_with_its_request_id(lines):
    assert [line["event"] for line in lines] == ["order_placed", "plain text", "failed"]
    assert {line["request_id"] for line in lines} == {"request-42"}


def test_json__our_lines_and_a_librarys__have_the_same_shape(lines):
    ours, theirs, _ = lines

    assert (ours["number"], ours["note"]) == ("S-1", "two\nlines")
    assert (theirs["logger"], theirs["level"]) == ("a.library", "warning")
    assert all(line["timestamp"].endswith("Z") for line in (ours, theirs))


def test_json__exception__is_shown_in_its_line(lines):
    assert "KeyError: 'missing'" in lines[-1]["exception"]


def test_console__line__is_text_for_a_person():
    text = _speak("console")

    assert "order_placed" in text
    assert not text.startswith("{")
