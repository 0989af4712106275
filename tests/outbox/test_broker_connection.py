"""How workers hold on to a broker that dies."""

import pytest
from django.conf import settings
from kombu import Connection, Queue

from config.broker import SteadyConnection

NAME = "tests.broker_connection"


def _close_after_a_broken_close(connection):
    """As Celery does where Redis was killed while a worker had messages: `collect` fails, then `close`."""
    queue = Queue(NAME)(connection.default_channel)
    queue.declare()
    queue.purge()
    connection.Producer().publish("message", routing_key=NAME)
    assert queue.get() is not None  # and not acknowledged
    connection._do_close_transport()
    connection.close()


def test_close__broker_died_while_a_message_was_taken__gives_it_back_and_raises_nothing():
    connection = SteadyConnection(settings.BROKER_URL)

    _close_after_a_broken_close(connection)

    with SteadyConnection(settings.BROKER_URL) as later:
        returned = Queue(NAME)(later.default_channel).get(no_ack=True)
    assert returned.payload == "message"


def test_close__plain_kombu__still_needs_our_help():
    with pytest.raises(AttributeError, match="hostname"):
        _close_after_a_broken_close(Connection(settings.BROKER_URL))
