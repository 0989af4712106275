"""What staff do to an order on its page: the services of the API, each refusal shown as a message."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from unfold.admin import ModelAdmin
from unfold.dataclasses import ActionDialog
from unfold.decorators import action
from unfold.enums import ActionVariant
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminDecimalFieldWidget, UnfoldAdminTextInputWidget

from core.errors import DomainError, NotFound
from core.http.admin import ShownLookups, back_from_dialog
from core.http.forms import DecimalField
from core.ids import uuid7
from orders import actors, cancellation
from orders.payments import refunds
from orders.shipments import by_staff

# By a method: a permission named here is read from the database by every `manage.py check`.
MAY_CHANGE = ["act"]


def _line(longest: int, *, required: bool = False) -> forms.CharField:
    return forms.CharField(max_length=longest, required=required, widget=UnfoldAdminTextInputWidget)


class CancelForm(BaseDialogForm):
    reason = _line(300)


class RefundForm(BaseDialogForm):
    amount = DecimalField(
        min_value=Decimal("0.01"), max_digits=14, decimal_places=2, widget=UnfoldAdminDecimalFieldWidget
    )
    reason = _line(300)
    # The same form sent twice is the same refund.
    refund_id = forms.UUIDField(initial=uuid7, widget=forms.HiddenInput)


class ShipForm(BaseDialogForm):
    carrier = _line(40, required=True)
    tracking_number = _line(80)


def _dialog(title: str, description: str, form: type[BaseDialogForm] | None = None) -> ActionDialog:
    return ActionDialog(title=title, description=description, form_class=form, form_submit_text=title)


class OrderActions(ShownLookups, ModelAdmin):
    """What staff can do on an order's page; mixed into its admin."""

    actions_detail = ["cancel_order", "refund_order", "ship_order", "close_order", "deliver_order"]

    @action(
        description="Cancel",
        url_path="cancel",
        permissions=MAY_CHANGE,
        variant=ActionVariant.DANGER,
        dialog=_dialog("Cancel the order", "What is held is let go, what was paid is refunded.", CancelForm),
    )
    def cancel_order(self, request: HttpRequest, form: CancelForm, object_id: str) -> HttpResponse:
        reason = form.cleaned_data["reason"]
        return self._done(request, object_id, "The order is cancelled", cancellation.cancel, reason=reason)

    @action(
        description="Refund",
        url_path="refund",
        permissions=MAY_CHANGE,
        dialog=_dialog("Refund", "In the order's currency; at most what is left.", RefundForm),
    )
    def refund_order(self, request: HttpRequest, form: RefundForm, object_id: str) -> HttpResponse:
        values = {name: form.cleaned_data[name] for name in ("amount", "reason", "refund_id")}
        return self._done(request, object_id, "The refund is on its way", refunds.request, units={}, **values)

    @action(
        description="Ship",
        url_path="ship",
        permissions=MAY_CHANGE,
        dialog=_dialog("Ship all that is left", "One shipment, handed to a carrier by staff.", ShipForm),
    )
    def ship_order(self, request: HttpRequest, form: ShipForm, object_id: str) -> HttpResponse:
        values = {name: form.cleaned_data[name] for name in ("carrier", "tracking_number")}
        return self._done(
            request, object_id, "The shipment is on its way", by_staff.send, units=None, **values
        )

    @action(
        description="Close without shipping the rest",
        url_path="close",
        permissions=MAY_CHANGE,
        dialog=_dialog(
            "Close without shipping the rest",
            "A part was shipped and the rest refunded: its units are sold again.",
            CancelForm,
        ),
    )
    def close_order(self, request: HttpRequest, form: CancelForm, object_id: str) -> HttpResponse:
        reason = form.cleaned_data["reason"]
        return self._done(request, object_id, "The order is closed", cancellation.close, reason=reason)

    @action(
        description="Delivered",
        url_path="deliver",
        permissions=MAY_CHANGE,
        dialog=_dialog("Shipments have arrived", "All of this order that are on their way."),
    )
    def deliver_order(self, request: HttpRequest, form: BaseDialogForm, object_id: str) -> HttpResponse:
        return self._done(request, object_id, "The shipments are delivered", by_staff.deliver)

    def has_act_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return request.user.has_perm("orders.change_order")

    def _done(
        self, request: HttpRequest, object_id: str, done: str, service: Callable[..., Any], **values: Any
    ) -> HttpResponse:
        actor = actors.staff(request.user.get_username())
        try:
            service(order_id=_id(object_id), actor=actor, now=timezone.now(), **values)
        except DomainError as refused:
            self.message_user(request, refused.detail or refused.title, messages.ERROR)
        else:
            self.message_user(request, done, messages.SUCCESS)
        return back_from_dialog(request, reverse("admin:orders_order_change", args=[object_id]))


def _id(object_id: str) -> UUID:
    """The order's id from the page's address. Raises NotFound for what cannot be one."""
    try:
        return UUID(object_id)
    except ValueError as error:
        raise NotFound(f"There is no order {object_id}") from error
