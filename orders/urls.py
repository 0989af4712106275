from django.urls import path

from orders.api import carts, orders, payments, pricing, shipments

urlpatterns = [
    path("carts", carts.CartsView.as_view(), name="carts"),
    path("carts/<uuid:cart_id>", carts.CartView.as_view(), name="cart"),
    path("carts/<uuid:cart_id>/items", carts.CartItemsView.as_view(), name="cart-items"),
    path("carts/<uuid:cart_id>/items/<text:sku>", carts.CartItemView.as_view(), name="cart-item"),
    path("carts/<uuid:cart_id>/voucher", carts.CartVoucherView.as_view(), name="cart-voucher"),
    path("orders", orders.OrdersView.as_view(), name="orders"),
    path("orders/<text:number>", orders.OrderView.as_view(), name="order"),
    path("orders/<text:number>/cancel", orders.CancelView.as_view(), name="order-cancel"),
    path("orders/<text:number>/deliver", shipments.DeliverView.as_view(), name="order-deliver"),
    path("orders/<text:number>/refunds", payments.RefundsView.as_view(), name="order-refunds"),
    path("orders/<text:number>/returns", shipments.ReturnsView.as_view(), name="order-returns"),
    path("orders/<text:number>/shipments", shipments.ShipmentsView.as_view(), name="order-shipments"),
    path("orders/<text:number>/events", orders.OrderEventsView.as_view(), name="order-events"),
    path("payments/webhooks/<text:gateway>", payments.PaymentWebhookView.as_view(), name="payment-webhook"),
    path("quotes", pricing.QuotesView.as_view(), name="quotes"),
    path("shipping-methods", pricing.ShippingMethodsView.as_view(), name="shipping-methods"),
]
