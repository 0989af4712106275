from django.urls import path

from orders.api import orders, quotes, shipping, webhooks

urlpatterns = [
    path("orders", orders.OrdersView.as_view(), name="orders"),
    path("orders/<str:number>", orders.OrderView.as_view(), name="order"),
    path("orders/<str:number>/events", orders.OrderEventsView.as_view(), name="order-events"),
    path("payments/webhooks/<str:gateway>", webhooks.PaymentWebhookView.as_view(), name="payment-webhook"),
    path("quotes", quotes.QuotesView.as_view(), name="quotes"),
    path("shipping-methods", shipping.ShippingMethodsView.as_view(), name="shipping-methods"),
]
