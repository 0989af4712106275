"""What happens to orders. Handlers here and in other apps receive it through core.outbox.

An event's name is stored and never changes, also where the shop has another word for it by now.
"""

from uuid import UUID

from core.outbox import Event


class OrderFact(Event):
    """Something that happened to one order."""

    order_id: UUID

    def aggregate(self) -> str:
        return str(self.order_id)


class OrderPlaced(OrderFact, name="orders.order_placed"):
    """A customer has ordered; the units are held, and nothing is paid yet."""


class PaymentAuthorised(OrderFact, name="orders.payment_authorised"):
    """The gateway holds the money for us."""


class OrderPaid(OrderFact, name="orders.order_paid"):
    """The money is ours, or there was nothing to pay."""


class OrderShipped(OrderFact, name="orders.order_shipped"):
    """The last of what was to be sent is on its way."""


class OrderPaymentFailed(OrderFact, name="orders.payment_failed"):
    """No money will come; what was held for the order is released."""


class OrderCancelled(OrderFact, name="orders.order_cancelled"):
    """Customer, staff or the shop itself ended the order before it was shipped."""


class ShipmentsCancelled(OrderFact, name="orders.parcels_called_off"):
    """The rest of an order will not be sent: staff have sent a part, and decide about its money."""


class ShipmentSent(OrderFact, name="orders.part_sent"):
    """Staff sent a shipment, and not the last one."""

    shipment_id: UUID


class ShipmentsDelivered(OrderFact, name="orders.parcels_delivered"):
    """What was on its way has arrived. `shipment_id` is the first of these shipments."""

    shipment_id: UUID


class GoodsReturned(OrderFact, name="orders.goods_returned"):
    """Units came back from the customer, all of them or some."""

    return_id: UUID


class RefundRequested(OrderFact, name="orders.refund_requested"):
    """Staff promised the customer money back."""

    refund_id: UUID


class PaymentRefunded(OrderFact, name="orders.payment_refunded"):
    """Money went back to the customer: `amount` now, `refunded` altogether, as decimal strings."""

    amount: str
    refunded: str


class PaymentOrphaned(OrderFact, name="orders.payment_orphaned"):
    """The gateway took or holds money for an order that no longer wants it."""
