from config.settings.env import env
from core.observability.logs import logging_config

LOGGING_CONFIG = None
LOG_LEVEL = env.str("LOG_LEVEL", default="INFO", choices=("DEBUG", "INFO", "WARNING", "ERROR"))
LOG_FORMAT = env.str("LOG_FORMAT", default="json", choices=("json", "console"))
LOGGING = logging_config(level=LOG_LEVEL, fmt=LOG_FORMAT)
# Touched by relay and beat each time round, for container health checks; empty for none.
HEARTBEAT_FILE = env.str("HEARTBEAT_FILE", default="")
