"""Looking at messages, replaying and skipping dead ones, from a terminal."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from core.outbox.models import OutboxMessage

pytestmark = pytest.mark.django_db


@pytest.fixture
def messages(on_thing, happen):
    """Dead, dead of another handler, retrying, waiting; oldest first."""
    on_thing(print)
    found = happen(4)
    now = timezone.now()
    for message, change in zip(
        found,
        (
            {"dead_at": now, "attempts": 12, "error": "Refused('no')\nTraceback"},
            {"dead_at": now, "handler": "tests.other"},
            {"error": "down", "attempts": 1},
            {},
        ),
        strict=True,
    ):
        OutboxMessage.objects.filter(pk=message.pk).update(**change)
    return found


def _run(name, *args):
    output = StringIO()
    call_command(name, *map(str, args), stdout=output)
    return output.getvalue()


def _states(messages):
    return [OutboxMessage.objects.get(pk=message.pk).state for message in messages]


def _ids(output):
    return [int(line.split()[0]) for line in output.splitlines()]


def test_show__nothing_asked__newest_first(messages):
    assert _ids(_run("outbox_show")) == [message.pk for message in reversed(messages)]
    assert _ids(_run("outbox_show", "--limit", 1)) == [messages[-1].pk]


def test_show__dead__with_tries_handler_and_first_line_of_the_error(messages):
    line = _run("outbox_show", "--state", "dead", "--handler", "tests.handler")

    assert line.split()[:4] == [str(messages[0].pk), "dead", "12", "tries"]
    assert line.endswith("tests.handler                 Refused('no')\n")


def test_show__about__only_these(messages):
    assert _ids(_run("outbox_show", "--about", messages[2].aggregate)) == [messages[2].pk]


@pytest.mark.parametrize("limit", ["-1", "0", "x"])
def test_show__limit_that_is_none__is_refused(messages, limit):
    with pytest.raises(CommandError, match="--limit"):
        _run("outbox_show", "--limit", limit)


def test_replay__by_id__runs_again(messages):
    output = _run("outbox_replay", messages[0].pk)

    assert output == "1 dead messages will run again\n"
    assert _states(messages) == ["retrying", "dead", "retrying", "waiting"]


@pytest.mark.parametrize(
    ("which", "left"),
    [(["--handler", "tests.other"], ["dead", "waiting"]), (["--all"], ["retrying", "waiting"])],
)
def test_replay__handler_or_all__every_dead_one(messages, which, left):
    _run("outbox_replay", *which)

    assert _states(messages[:2]) == left


def test_replay__handler_without_a_name__replays_none(messages):
    assert _run("outbox_replay", "--handler", "") == "0 dead messages will run again\n"
    assert _states(messages[:2]) == ["dead", "dead"]


def test_replay__not_dead__is_said_and_the_others_run(messages):
    with pytest.raises(CommandError, match="1 of 2 were not dead"):
        _run("outbox_replay", messages[0].pk, messages[3].pk)

    assert _states(messages) == ["retrying", "dead", "retrying", "waiting"]


@pytest.mark.parametrize("args", [[], ["--all", "--handler", "tests.other"], ["1", "--all"]])
def test_replay__none_or_two_ways_to_say_which__is_refused(messages, args):
    with pytest.raises(CommandError):
        _run("outbox_replay", *args)

    assert _states(messages) == ["dead", "dead", "retrying", "waiting"]


def test_skip__dead__is_handled_with_who_and_why(messages):
    output = _run("outbox_skip", messages[0].pk, messages[1].pk, "--reason", "Sent by hand", "--by", "ada")

    first = OutboxMessage.objects.get(pk=messages[0].pk)
    assert output == "2 messages are skipped\n"
    assert _states(messages) == ["skipped", "skipped", "retrying", "waiting"]
    assert (first.skipped_by, first.skip_reason) == ("shell:ada", "Sent by hand")
    assert "skipped by shell:ada: Sent by hand" in _run("outbox_show", "--about", first.aggregate)


def test_skip__not_dead__is_said_and_stays(messages):
    with pytest.raises(CommandError, match=f"Not dead: {messages[3].pk}"):
        _run("outbox_skip", messages[3].pk, "--reason", "x")

    assert _states(messages)[3] == "waiting"


@pytest.mark.parametrize("reason", ["", " "])
def test_skip__no_reason__is_refused(messages, reason):
    with pytest.raises(CommandError):
        _run("outbox_skip", messages[0].pk, "--reason", reason)

    assert _states(messages)[0] == "dead"
