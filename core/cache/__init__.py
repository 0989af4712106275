from core.cache.store import Entry, invalidate, read_through, renew

__all__ = ["Entry", "invalidate", "read_through", "renew"]
