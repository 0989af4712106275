"""The mails that arrived, compared with what had to be reported."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from drills.replay import promises
from drills.replay.ending import Ended

Mail = dict[str, str]  # as /dev/mail/messages shows it


@dataclass(frozen=True, kw_only=True)
class Inbox:
    """Mails about the orders: each once in `mails`; `repeats` came again under the same Message-ID."""

    mails: list[Mail]
    repeats: list[Mail]

    @classmethod
    def about(cls, orders: Sequence[Ended], received: Sequence[Mail]) -> "Inbox":
        numbers = {each.placed.shopper.email: each.placed.number for each in orders}
        mails, repeats, seen = list[Mail](), list[Mail](), set[str]()
        for mail in received:
            if numbers.get(mail["to"], "\0") in mail["subject"]:
                (repeats if mail.get("id") in seen else mails).append(mail)
                seen |= {mail["id"]} if mail.get("id") else set()
        return cls(mails=mails, repeats=repeats)

    def discrepancies(self, orders: Sequence[Ended], *, repeats_allowed: int) -> Iterator[str]:
        """ "placed" has one subject and "shipped" another: as many of them as facts, each once."""
        counts = Counter((mail["to"], mail["subject"]) for mail in self.mails)
        yield from (f"{to}: {n} mails called {subject!r}" for (to, subject), n in counts.items() if n > 1)
        if len(self.repeats) > repeats_allowed:
            yield f"{len(self.repeats)} mails came again, and killed workers explain {repeats_allowed}"
        subjects = Counter(to for to, _ in counts)
        for each in orders:
            expected, seen = promises.MAILS.get(each.status, 1), subjects[each.placed.shopper.email]
            if seen != expected:
                yield f"{each.placed.number}: {seen} different mails in the inbox, should be {expected}"
