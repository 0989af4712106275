"""One Redis server, three databases: cache, limits, and the broker's. Each may be moved by its own URL."""

from urllib.parse import urlsplit, urlunsplit

from config.settings.env import env


def redis_url(name: str, database: int) -> str:
    """The URL in variable `name`; where it is missing or empty REDIS_URL, with the given database number."""
    base = urlsplit(env.str("REDIS_URL", default="redis://127.0.0.1:6379"))
    return env.str(name, default="") or urlunsplit(base._replace(path=f"/{database}"))


CACHE_URL = redis_url("CACHE_URL", 0)
LIMITS_URL = redis_url("LIMITS_URL", 1)


def _redis_cache(url: str, prefix: str, **options: str) -> dict[str, object]:
    return {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": url,
        "KEY_PREFIX": prefix,
        "OPTIONS": {
            "SERIALIZER": "django_redis.serializers.json.JSONSerializer",
            # A frozen Redis costs a request this long at the most, and the breaker then less (seconds).
            "SOCKET_CONNECT_TIMEOUT": 0.25,
            "SOCKET_TIMEOUT": 0.25,
            "CONNECTION_POOL_KWARGS": {"retry": None, "health_check_interval": 0},
            **options,
        },
    }


CACHES = {
    "default": _redis_cache(CACHE_URL, "shop"),
    "limits": _redis_cache(LIMITS_URL, "limits", CLIENT_CLASS="core.limits.counters.CounterClient"),
}
# How long a product, a list or the tree of categories is served from the cache, although nothing was written:
# a publication window opens or closes so late at most. A write shows at once, whatever this is.
CATALOGUE_CACHE_SECONDS = 60
