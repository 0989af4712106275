"""Who acted on an order, as its timeline keeps it: the customer, a guest, staff by name, or the shop."""

from uuid import UUID

SYSTEM = "system"  # workers, webhooks and what expires by itself
CUSTOMER = "customer"
GUEST = "guest"
_STAFF = "staff"


def buyer(customer_id: UUID | None) -> str:
    """Whoever placed the order, or holds its token."""
    return CUSTOMER if customer_id else GUEST


def staff(email: str) -> str:
    """Somebody of the staff, named by their e-mail address."""
    return f"{_STAFF}:{email}"


def as_customers_see(actor: str) -> str:
    """The actor as customers see it: that staff acted, and not who."""
    return actor.partition(":")[0]
