"""What happens to orders. Handlers here and in other apps are told through core.outbox."""

from uuid import UUID

from core.outbox import Event


class OrderNews(Event):
    """Something that happened to one order."""

    order_id: UUID

    def aggregate(self) -> str:
        return str(self.order_id)


class OrderPlaced(OrderNews, name="orders.order_placed"):
    """A customer has ordered; the units are held, and nothing is paid yet."""


class PaymentAuthorised(OrderNews, name="orders.payment_authorised"):
    """The gateway holds the money for us."""


class OrderPaid(OrderNews, name="orders.order_paid"):
    """The money is ours, or there was nothing to pay."""


class OrderShipped(OrderNews, name="orders.order_shipped"):
    """The last of what was to be sent is on its way."""


class OrderPaymentFailed(OrderNews, name="orders.payment_failed"):
    """No money will come; what was held for the order goes back."""


class OrderCancelled(OrderNews, name="orders.order_cancelled"):
    """Customer, staff or the shop itself ended the order before it was shipped."""


class ParcelsCalledOff(OrderNews, name="orders.parcels_called_off"):
    """The carrier will not send the rest of an order: staff have sent a part, and decide about it."""


class PartSent(OrderNews, name="orders.part_sent"):
    """Staff sent a shipment, and not the last one."""

    shipment_id: UUID


class ParcelsDelivered(OrderNews, name="orders.parcels_delivered"):
    """What was on its way has arrived. `shipment_id` is the first of these shipments."""

    shipment_id: UUID


class GoodsReturned(OrderNews, name="orders.goods_returned"):
    """Units came back from the customer, all of them or some."""

    return_id: UUID


class RefundRequested(OrderNews, name="orders.refund_requested"):
    """Staff promised the customer money back."""

    refund_id: UUID


class PaymentRefunded(OrderNews, name="orders.payment_refunded"):
    """Money went back to the customer: `amount` now, `refunded` altogether, as decimal strings."""

    amount: str
    refunded: str


class PaymentOrphaned(OrderNews, name="orders.payment_orphaned"):
    """The gateway took or holds money for an order that no longer wants it."""
