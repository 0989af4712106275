from orders.admin.carts import CartAdmin
from orders.admin.ledger import LedgerCheckAdmin
from orders.admin.orders import OrderAdmin, PaymentAdmin, ShipmentAdmin, ShippingMethodAdmin, TaxRuleAdmin
from orders.admin.provider_events import ProviderEventAdmin
from orders.admin.vouchers import VoucherAdmin

__all__ = [
    "CartAdmin",
    "LedgerCheckAdmin",
    "OrderAdmin",
    "PaymentAdmin",
    "ProviderEventAdmin",
    "ShipmentAdmin",
    "ShippingMethodAdmin",
    "TaxRuleAdmin",
    "VoucherAdmin",
]
