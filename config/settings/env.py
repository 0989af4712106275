"""The environment: read once, with types; what is missing or malformed stops the start with its name."""

from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

from core.locks import is_held

BASE_DIR = Path(__file__).resolve().parents[2]
LOCAL_ENVIRONMENT = BASE_DIR / ".local" / "env"


class _Environment(environ.FileAwareEnv):
    """Names the variable whose value cannot be read, and does not show the value: it may be a secret."""

    def get_value(self, var: str, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().get_value(var, *args, **kwargs)
        except ValueError as malformed:
            raise ImproperlyConfigured(f"{var} is malformed") from malformed


env = _Environment()  # NAME_FILE may name a file that holds the value of NAME (Docker secrets)
# Two files of the checkout fill in what the environment does not say; neither has to be there. The second is
# of the shop that `make run` runs here, and believed only while its supervisor holds its lock: what a killed
# one has left would turn a real shop into a local stack. READ_ENV_FILES=false reads neither.
if env.bool("READ_ENV_FILES", default=True):
    environ.Env.read_env(BASE_DIR / ".env")
    if is_held(BASE_DIR / ".local" / "stack.lock"):
        environ.Env.read_env(LOCAL_ENVIRONMENT)

DEBUG: bool = env.bool("DEBUG", default=False)
SECRET_KEY: str = env.str("SECRET_KEY")
# True only for `make run` and the tests: opens /dev/mail, the demo log-ins and THROTTLE_SCALE.
LOCAL_STACK: bool = env.bool("LOCAL_STACK", default=False)
# Risks of a public installation that are taken on purpose; names of core/risks.py.
ALLOW_UNSAFE: list[str] = env.list("ALLOW_UNSAFE", default=[])
VERSION = "0.1.0"
