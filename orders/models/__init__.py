from orders.models.cart import Cart, CartItem
from orders.models.ledger_check import LedgerCheck
from orders.models.order import Order, OrderEvent, OrderLine, Status
from orders.models.order_return import Return
from orders.models.payment import Payment
from orders.models.provider_event import ProviderEvent
from orders.models.rates import ShippingMethod, TaxRule
from orders.models.refund import Refund
from orders.models.shipment import Shipment
from orders.models.voucher import Voucher, VoucherCategory, VoucherCustomer, VoucherUse

__all__ = [
    "Cart",
    "CartItem",
    "LedgerCheck",
    "Order",
    "OrderEvent",
    "OrderLine",
    "Payment",
    "ProviderEvent",
    "Refund",
    "Return",
    "Shipment",
    "ShippingMethod",
    "Status",
    "TaxRule",
    "Voucher",
    "VoucherCategory",
    "VoucherCustomer",
    "VoucherUse",
]
