from config.settings.env import env

# The sandbox payment provider and carrier: an HTTP process of its own (orders/sandbox).
SANDBOX_URL = env.str("SANDBOX_URL", default="http://127.0.0.1:8090")
DEFAULT_CURRENCY = env.str("DEFAULT_CURRENCY", default="USD")
# Who takes the payments and the parcels of new orders; names of orders/gateways.
PAYMENT_GATEWAY = env.str("PAYMENT_GATEWAY", default="sandbox")
CARRIER = env.str("CARRIER", default="sandbox")
# How long an order waits for a payment provider that is down, holding its stock, before it is given up.
ORDER_HOLD_HOURS: int = env.int("ORDER_HOLD_HOURS", default=24)
