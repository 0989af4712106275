"""Formats messages as lines for a terminal."""

from core.outbox.models import OutboxMessage

MAX_ERROR_CHARACTERS = 120  # of its first line


def as_line(message: OutboxMessage) -> str:
    """Id, state, tries, when it ended or is tried next, handler; the last error, or why it was skipped."""
    when = message.handled_at or message.dead_at or message.next_attempt_at
    line = f"{message.pk:>9}  {message.state:<9}  {message.attempts:>2} tries  {when:%Y-%m-%d %H:%M:%S}"
    return f"{line}  {message.handler:<28}  {_remark(message)}".rstrip()


def _remark(message: OutboxMessage) -> str:
    if message.skipped_by:
        return f"skipped by {message.skipped_by}: {message.skip_reason}"
    return "".join(message.error.splitlines()[:1])[:MAX_ERROR_CHARACTERS]
