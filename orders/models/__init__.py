from orders.models.order import Order, OrderEvent, OrderLine, Status
from orders.models.payment import Payment
from orders.models.rates import ShippingMethod, TaxRule
from orders.models.shipment import Shipment

__all__ = [
    "Order",
    "OrderEvent",
    "OrderLine",
    "Payment",
    "Shipment",
    "ShippingMethod",
    "Status",
    "TaxRule",
]
