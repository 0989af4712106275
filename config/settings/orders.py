from datetime import timedelta

from config.settings.env import env

# The sandbox payment provider and carrier: an HTTP process of its own (sandbox).
SANDBOX_URL = env.str("SANDBOX_URL", default="http://127.0.0.1:8090")
DEFAULT_CURRENCY = env.str("DEFAULT_CURRENCY", default="USD")
# Who takes the payments and the shipments of new orders; names of orders/providers.
PAYMENT_GATEWAY = env.str("PAYMENT_GATEWAY", default="sandbox")
CARRIER = env.str("CARRIER", default="sandbox")
# How long an order waits for a payment provider that is down, holding its stock, before it is given up.
ORDER_HOLD_HOURS: int = env.int("ORDER_HOLD_HOURS", default=24)

# The secret of the sandbox's webhooks, "whsec_" and base64 (Standard Webhooks); empty where it sends none.
SANDBOX_WEBHOOK_SECRET = env.str("SANDBOX_WEBHOOK_SECRET", default="")
STRIPE_SECRET_KEY = env.str("STRIPE_SECRET_KEY", default="")
STRIPE_WEBHOOK_SECRET = env.str("STRIPE_WEBHOOK_SECRET", default="")
STRIPE_API_BASE = env.str("STRIPE_API_BASE", default="https://api.stripe.com")
# A provider's webhook that is older than this is refused: somebody may have kept and replayed it (seconds).
PAYMENT_WEBHOOK_TOLERANCE = 300
PAYMENT_WEBHOOK_BODY_MAX = 256 * 1024  # bytes

CART_KEPT = timedelta(days=30)  # since it was last changed
