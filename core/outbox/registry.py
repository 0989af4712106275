"""Who handles which event. Apps register their handlers when Django starts; nothing changes them later."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar, get_type_hints
from uuid import UUID

from core.outbox.events import Event

# Seconds. Not less than a worker's task may take (core.outbox.tasks), and so few that an order is at its end
# within a minute of the loss of its worker.
LEASE = 45
E = TypeVar("E", bound=Event)
Run = TypeVar("Run", bound=Callable[[Any], None])


@dataclass(frozen=True, kw_only=True)
class Handler:
    """How one handler is run.

    `transactional`: the effect and the mark "handled" commit together, so the effect happens once.
    Otherwise the handler calls the outside, runs outside any transaction, and must itself be safe to repeat.
    `lease` is after how many seconds an unanswered message is published again (it was lost, or its worker was
    killed); it doubles with each publication, up to claims.MAX_LEASE_SECONDS.
    `on_dead` is what to do instead, once `max_attempts` have failed: it runs in the transaction that marks
    the message dead, so that what the handler should have done is compensated if and only if it is given up.
    `on_skip` and `on_replay` are the same for a dead message that staff skip (what was promised is not to be
    kept) and for one that they replay (what `on_dead` has ended is to be done again).
    `is_heavy`: it takes the processor for seconds, so each message is a worker's task of its own; others are
    run several at once in one process.
    `in_turn`: a message waits for earlier ones about the same aggregate, of such handlers of the queue.
    `is_saga_step`: it moves its aggregate on. While a message for it is open the aggregate is under way, and
    nobody expects its ledgers to agree; a handler that only notifies somebody leaves this out.
    """

    name: str
    event: type[Event]
    run: Callable[[Any], None]
    queue: str
    transactional: bool
    max_attempts: int
    lease: int
    on_dead: Callable[[Any], None] | None
    on_skip: Callable[[Any], None] | None
    on_replay: Callable[[Any], None] | None
    is_heavy: bool
    in_turn: bool
    is_saga_step: bool
    uuid_fields: frozenset[str]


_handlers: dict[str, Handler] = {}


def handles(
    event: type[E],
    *,
    name: str,
    queue: str = "default",
    transactional: bool = True,
    max_attempts: int = 12,
    lease: int = LEASE,
    on_dead: Callable[[E], None] | None = None,
    on_skip: Callable[[E], None] | None = None,
    on_replay: Callable[[E], None] | None = None,
    is_heavy: bool = False,
    in_turn: bool = False,
    is_saga_step: bool = False,
) -> Callable[[Run], Run]:
    """Register the decorated function for `event`; Handler says what each option does."""

    def register(run: Run) -> Run:
        handler = Handler(
            name=name,
            event=event,
            run=run,
            queue=queue,
            transactional=transactional,
            max_attempts=max_attempts,
            lease=lease,
            on_dead=on_dead,
            on_skip=on_skip,
            on_replay=on_replay,
            is_heavy=is_heavy,
            in_turn=in_turn,
            is_saga_step=is_saga_step,
            uuid_fields=_uuid_fields(event),
        )
        _add(handler)
        return run

    return register


def _add(handler: Handler) -> None:
    if handler.name in _handlers:
        raise ValueError(f"Two handlers are named {handler.name}")
    if handler.in_turn and not handler.transactional:
        raise ValueError(f"{handler.name}: only a transactional handler knows whether it is its turn")
    _handlers[handler.name] = handler


def handler_named(name: str) -> Handler:
    """The handler of this name. Raises KeyError for one that this release does not have."""
    return _handlers[name]


def is_known(name: str) -> bool:
    """Whether this release has a handler of that name."""
    return name in _handlers


def handlers_of(event: type[Event]) -> list[Handler]:
    return [h for h in _handlers.values() if h.event is event]


def all_handlers() -> list[Handler]:
    return list(_handlers.values())


def saga_steps() -> list[str]:
    """The names of the handlers that move their aggregate on: while one of them waits it is under way."""
    return [handler.name for handler in _handlers.values() if handler.is_saga_step]


def in_turn_with(handler: Handler) -> list[str]:
    """The names of the handlers that wait for each other with this one; none where it waits for nobody."""
    if not handler.in_turn:
        return []
    return [each.name for each in _handlers.values() if each.in_turn and each.queue == handler.queue]


def restore(handler: Handler, payload: dict[str, Any]) -> Event:
    """The event as it was published; UUID fields, inherited ones too, are UUIDs again."""
    ids = handler.uuid_fields
    return handler.event(**{k: UUID(v) if v and k in ids else v for k, v in payload.items()})


def _uuid_fields(event: type[Event]) -> frozenset[str]:
    hints = get_type_hints(event)  # also of annotations kept as text
    return frozenset(name for name, hint in hints.items() if hint in (UUID, UUID | None))
