from dataclasses import dataclass
from typing import Any, ClassVar

from core.outbox import Event


@dataclass(frozen=True, kw_only=True)
class CatalogChanged(Event):
    """Staff wrote to the catalogue; `tags` are the cache tags whose entries are stale since the commit."""

    name: ClassVar[str] = "catalog.catalog_changed"
    tags: list[str]

    def aggregate(self) -> str:
        return "catalog"

    def payload(self) -> dict[str, Any]:
        return {"tags": self.tags}
