"""The environment: read once, with types; what is missing or malformed stops the start with its name."""

from pathlib import Path

import environ

BASE_DIR = Path(__file__).resolve().parents[2]

env = environ.FileAwareEnv()  # NAME_FILE may name a file that holds the value of NAME (Docker secrets)
# Neither file has to be there, and real variables win. The second is written by `make run` while it runs.
environ.Env.read_env(BASE_DIR / ".env")
environ.Env.read_env(BASE_DIR / ".local" / "env")

DEBUG: bool = env.bool("DEBUG", default=False)
SECRET_KEY: str = env.str("SECRET_KEY")
# True only for `make run` and the tests: opens /dev/mail, the demo log-ins and THROTTLE_SCALE.
LOCAL_STACK: bool = env.bool("LOCAL_STACK", default=False)
VERSION = "0.1.0"
