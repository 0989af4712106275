"""What happens to orders. Handlers here and in other apps hear of it through core.outbox."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from core.outbox import Event


@dataclass(frozen=True, kw_only=True)
class OrderNews(Event):
    name: ClassVar[str] = ""
    order_id: UUID

    def aggregate(self) -> str:
        return str(self.order_id)


@dataclass(frozen=True, kw_only=True)
class OrderPlaced(OrderNews):
    name: ClassVar[str] = "orders.order_placed"


@dataclass(frozen=True, kw_only=True)
class PaymentAuthorised(OrderNews):
    """The gateway holds the money for us."""

    name: ClassVar[str] = "orders.payment_authorised"


@dataclass(frozen=True, kw_only=True)
class OrderPaid(OrderNews):
    name: ClassVar[str] = "orders.order_paid"


@dataclass(frozen=True, kw_only=True)
class OrderShipped(OrderNews):
    name: ClassVar[str] = "orders.order_shipped"


@dataclass(frozen=True, kw_only=True)
class OrderPaymentFailed(OrderNews):
    """No money will come; what was held for the order goes back."""

    name: ClassVar[str] = "orders.payment_failed"


@dataclass(frozen=True, kw_only=True)
class OrderCancelled(OrderNews):
    name: ClassVar[str] = "orders.order_cancelled"


@dataclass(frozen=True, kw_only=True)
class ShipmentsCancelled(OrderNews):
    """The carrier will not send the rest of an order: staff have sent a part, and decide about it."""

    name: ClassVar[str] = "orders.parcels_called_off"


@dataclass(frozen=True, kw_only=True)
class ShipmentSent(OrderNews):
    """Staff sent a shipment, and not the last one."""

    name: ClassVar[str] = "orders.part_sent"
    shipment_id: UUID


@dataclass(frozen=True, kw_only=True)
class ShipmentsDelivered(OrderNews):
    """What was on its way has arrived. `shipment_id` is the first of these shipments."""

    name: ClassVar[str] = "orders.parcels_delivered"
    shipment_id: UUID


@dataclass(frozen=True, kw_only=True)
class GoodsReturned(OrderNews):
    """Units came back from the customer, all of them or some."""

    name: ClassVar[str] = "orders.goods_returned"
    return_id: UUID


@dataclass(frozen=True, kw_only=True)
class RefundRequested(OrderNews):
    """Staff promised the customer money back."""

    name: ClassVar[str] = "orders.refund_requested"
    refund_id: UUID


@dataclass(frozen=True, kw_only=True)
class PaymentRefunded(OrderNews):
    """Money went back to the customer: `amount` now, `refunded` altogether, as decimal strings."""

    name: ClassVar[str] = "orders.payment_refunded"
    amount: str
    refunded: str


@dataclass(frozen=True, kw_only=True)
class PaymentOrphaned(OrderNews):
    """The gateway took or holds money for an order that no longer wants it."""

    name: ClassVar[str] = "orders.payment_orphaned"
