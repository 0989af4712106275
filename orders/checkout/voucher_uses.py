"""Uses of vouchers: claimed in the transaction of their order, released where it fails or is cancelled."""

from datetime import datetime
from uuid import UUID

from core import rows
from orders.checkout.guests import Buyer
from orders.pricing.vouchers import Applied, VoucherExhausted

_CLAIM = """
WITH claimed AS (
    UPDATE orders_voucher SET used = used + 1
    WHERE id = %(voucher)s AND is_active AND (max_uses IS NULL OR used < max_uses)
    RETURNING id, max_uses_per_customer AS most
), counted AS (
    INSERT INTO orders_vouchercustomer AS c (voucher_id, customer_key, used)
    SELECT id, %(customer)s, 1 FROM claimed WHERE most IS NULL OR most > 0
    ON CONFLICT (voucher_id, customer_key) DO UPDATE SET used = c.used + 1
    WHERE (SELECT most IS NULL OR c.used < most FROM claimed)
    RETURNING voucher_id
), counted_for_address AS (
    INSERT INTO orders_vouchercustomer AS c (voucher_id, customer_key, used)
    SELECT voucher_id, %(address)s::varchar, 1 FROM counted WHERE %(address)s::varchar <> ''
    ON CONFLICT (voucher_id, customer_key) DO UPDATE SET used = c.used + 1
), recorded AS (
    INSERT INTO orders_voucheruse (voucher_id, order_id, customer_key, address_key, used_at)
    SELECT voucher_id, %(order)s, %(customer)s, %(address)s::varchar, %(now)s FROM counted
)
SELECT EXISTS (SELECT FROM claimed), EXISTS (SELECT FROM counted)
"""

# Locks in the order in which a claim does: the voucher, then its customer's rows.
_RELEASE = """
WITH released AS (
    UPDATE orders_voucheruse SET released_at = %(now)s
    WHERE order_id = %(order)s AND released_at IS NULL
    RETURNING voucher_id, customer_key, address_key
), returned AS (
    UPDATE orders_voucher v SET used = v.used - 1 FROM released r WHERE v.id = r.voucher_id
    RETURNING v.id, r.customer_key, r.address_key
)
UPDATE orders_vouchercustomer c SET used = c.used - 1
FROM returned r WHERE c.voucher_id = r.id AND c.customer_key IN (r.customer_key, r.address_key)
"""


def claim(*, voucher: Applied, order_id: UUID, buyer: Buyer, now: datetime) -> None:
    """Use the voucher for the order, inside its transaction: one statement.

    An account's use is counted for its address too, which no guest may then use it with; what guests use
    with that address is not the account's, or anybody could spend what it has.

    It waits for others who claim the same voucher, and then decides on what they committed. Raises
    VoucherExhausted, with which the caller's transaction has to end.
    """
    values = {
        "voucher": voucher.voucher_id,
        "order": order_id,
        "customer": buyer.key,
        "address": buyer.address_key,
        "now": now,
    }
    is_claimed, is_counted = rows.fetch_one(_CLAIM, values) or (False, False)
    if not is_claimed:
        raise VoucherExhausted(f"{voucher.code} has been used up")
    if not is_counted:
        raise VoucherExhausted(f"You have used {voucher.code} as often as you can")


def release(*, order_id: UUID, now: datetime) -> None:
    """The order's use, if it had one, may be made by another. A second call changes nothing."""
    rows.change(_RELEASE, {"order": order_id, "now": now})
