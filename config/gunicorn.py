"""gunicorn: one worker a core, a few threads each, and nothing that a restart could cut."""

import gc
import os
from pathlib import Path

wsgi_app = "config.wsgi:application"
bind = os.environ.get("BIND", "127.0.0.1:8001")
worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY") or os.cpu_count() or 1)
threads = int(os.environ.get("WEB_THREADS", "4"))
backlog = 1024

# No preloading: workers import the application themselves, so a HUP brings new code and no connection
# to the database is ever shared across a fork.
preload_app = False

timeout = 30  # seconds without a heartbeat, then the worker is replaced
graceful_timeout = 30  # seconds for requests in flight at a stop or reload
keepalive = 75  # seconds; longer than nginx keeps idle connections, so that it is nginx who closes

# A fresh worker every so many requests bounds what a leak can cost; jitter keeps them from leaving together.
max_requests = int(os.environ.get("WEB_MAX_REQUESTS", "50000"))
max_requests_jitter = max_requests // 10

# Heartbeat files belong in memory: on a slow disk they would block a worker.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - private files, made by mkstemp
control_socket_disable = True
# Whose X-Forwarded-Proto is believed: nginx.
forwarded_allow_ips = os.environ.get("TRUSTED_PROXIES", "127.0.0.0/8,::1/128")
accesslog = None
errorlog = "-"
loglevel = os.environ.get("LOG_LEVEL", "INFO").lower()


def post_worker_init(_worker: object) -> None:
    """What has been loaded stays: the garbage collector need not go through it again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
