import time

from drills.arrivals import at_rate


def test_at_rate__three_things__come_one_interval_apart_and_not_before():
    waits = []
    began = time.monotonic()

    found = list(at_rate("abc", rate=2.0, wait=waits.append))

    assert [thing for thing, _ in found] == ["a", "b", "c"]
    moments = [due - found[0][1] for _, due in found]
    assert moments == [0.0, 0.5, 1.0]
    assert [round(wait, 1) for wait in waits] == [0.0, 0.5, 1.0]
    assert found[0][1] >= began


def test_at_rate__handling_takes_longer_than_the_interval__does_not_put_off_the_next(monkeypatch):
    clock = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    waits, dues = [], []

    for _, due in at_rate(range(3), rate=1.0, wait=waits.append):
        dues.append(due)
        clock[0] += 5.0

    assert dues == [100.0, 101.0, 102.0]
    assert waits == [0.0, 0.0, 0.0]
