"""A suite's page, as a run writes it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from benchmarks import machine
from benchmarks.servers import Servers


def write(
    path: Path,
    template: str,
    *,
    values: Mapping[str, object],
    problems: Sequence[str],
    servers: Servers | None,
    now: datetime,
) -> None:
    """Fill `template` with the suite's `values` and with what each page says of its run.

    The latter are `date`, `hardware`, `problems`, and the versions: `ours`, `theirs`, `both`, `load`.
    """
    text = template.format(
        date=f"{now:%d %B %Y}",
        hardware=machine.hardware(),
        problems="\n".join(f"- {problem}" for problem in problems) or "None.",
        **machine.versions(servers),
        **values,
    )
    path.write_text(text)
