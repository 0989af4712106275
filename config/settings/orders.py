from config.settings.env import env

# The sandbox payment provider and carrier: an HTTP process of its own (orders/sandbox).
SANDBOX_URL = env.str("SANDBOX_URL", default="http://127.0.0.1:8090")
DEFAULT_CURRENCY = env.str("DEFAULT_CURRENCY", default="USD")
