from catalog.events import CatalogChanged
from core import cache
from core.outbox import handles


@handles(CatalogChanged, name="catalog.renew_cache", transactional=False)
def renew_cache(event: CatalogChanged) -> None:
    """A second time, for a writer that died between its commit and its own renewal."""
    cache.renew(*event.tags)
