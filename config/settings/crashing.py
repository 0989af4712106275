from config.settings.env import env

# Steps at which a process kills itself, for tests: core/crash_points.py.
CRASH_AT = frozenset(env.list("CRASH_AT", default=[]))
CRASH_ONCE_FILE = env.str("CRASH_ONCE_FILE", default="")
