from config.settings.env import env

DATABASES = {"default": env.db_url("DATABASE_URL", engine="django.db.backends.postgresql")}

# Connections per web process. At least as many as its threads; 0 turns the pool off (Celery workers do).
DB_POOL_SIZE: int = env.int("DB_POOL_SIZE", default=0)

_options = DATABASES["default"].setdefault("OPTIONS", {})
_options["connect_timeout"] = 3  # seconds
# A statement or lock that takes longer than this is a fault, not a wait (milliseconds).
_options["options"] = (
    "-c statement_timeout=15000 -c lock_timeout=5000 -c idle_in_transaction_session_timeout=30000"
)
# Parameters travel beside the statement, and a connection's fifth use of one prepares it: PostgreSQL then
# plans it once. Off for a pooler that hands each transaction another connection and does not know of them.
DB_PREPARED: bool = env.bool("DB_PREPARED", default=True)
_options["server_side_binding"] = True
_options["prepare_threshold"] = 5 if DB_PREPARED else None
if DB_POOL_SIZE:
    _options["pool"] = {"min_size": 1, "max_size": DB_POOL_SIZE, "timeout": 3, "max_lifetime": 1800}
else:
    # Workers, relay and commands keep one connection; a worker asks whether it still lives before each task.
    DATABASES["default"]["CONN_MAX_AGE"] = 600  # seconds
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
CELERY_DB_REUSE_MAX = 10_000  # tasks; without it Celery connects anew for each one, at 15 ms of CPU
