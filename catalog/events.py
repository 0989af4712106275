from typing import Any

from core.outbox import Event


class CatalogChanged(Event, name="catalog.catalog_changed"):
    """Staff wrote to the catalogue; `tags` are the cache tags whose entries are stale since the commit."""

    tags: list[str]

    def aggregate(self) -> str:
        return "catalog"

    def payload(self) -> dict[str, Any]:
        return {"tags": self.tags}
