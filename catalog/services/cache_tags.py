"""The tags under which pages of the catalogue are cached, and how a write drops them."""

from catalog.events import CatalogChanged
from core import cache
from core.outbox.publishing import publish


def announce(*tags: str) -> None:
    """Drop the cached pages of `tags` when the running transaction commits, whoever dies in between."""
    publish(CatalogChanged(tags=sorted(set(tags))))
    cache.invalidate(*tags)


def of_product(slug: str) -> str:
    """The tag of one product's page."""
    return f"product:{slug}"


LISTS = "catalog"  # every product list
CATEGORIES = "categories"  # the tree, and what shows a category's slug
