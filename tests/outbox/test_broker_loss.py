import pytest
import redis
from django.conf import settings

from core.outbox import broker_loss
from core.outbox.broker_loss import BrokerLoss
from core.outbox.relay import publish_batch

pytestmark = pytest.mark.django_db


@pytest.fixture
def broker():
    with redis.Redis.from_url(settings.BROKER_URL) as client:
        client.delete(broker_loss.MARK)
        yield client


def _sent():
    calls = []
    publish_batch(lambda *call: calls.append(call))
    return sum(len(message_ids) for message_ids, _ in calls)


def test_inspect__broker_restarted_without_its_data__sends_again_what_it_had(broker, on_thing, happen):
    on_thing(print)
    BrokerLoss().inspect()
    happen(3)
    assert (_sent(), _sent()) == (3, 0)

    BrokerLoss().inspect()
    assert _sent() == 0
    broker.flushdb()
    BrokerLoss().inspect()

    assert _sent() == 3


def test_inspect__messages_that_are_handled_or_put_off__stay_as_they_are(broker, on_thing, happen, make_due):
    on_thing(print)
    handled, put_off = happen(2)
    _sent()
    type(handled).objects.filter(pk=handled.pk).update(handled_at=handled.created_at)
    type(put_off).objects.filter(pk=put_off.pk).update(publications=0)

    BrokerLoss().inspect()

    assert _sent() == 0


def test_inspect__broker_away__is_inspected_later(settings, on_thing, happen):
    settings.BROKER_URL = "redis://127.0.0.1:1/2"

    BrokerLoss().inspect()


def test_inspect__twice_within_a_second__asks_once(broker):
    loss = BrokerLoss()
    loss.inspect()
    broker.flushdb()

    loss.inspect()

    assert not broker.exists(broker_loss.MARK)
