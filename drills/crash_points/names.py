"""Which functions are wrapped, and the short names of the places that every torture test goes through.

A place that has no name here can be armed as well, by what places.py calls it.
"""

from collections.abc import Mapping

# What a place may lie beside, besides commits, the methods of gateways and carriers, and the relay's sending.
CALLED = (
    "catalog.services.stock.release",
    "catalog.services.stock.reserve",
    "core.idempotency.decorator._keep",
    "core.mail.smtp.send",
    "core.outbox.claims.record",
    "core.outbox.publishing.publish",
    "core.outbox.work._mark_handled",
    "core.outbox.work._run_handler",
    "core.resilience.database.retry",
    "core.rows.change",
    "orders.checkout.recording.record",
    "orders.payments.settling.settle",
    "orders.payments.settling.settle_never_made",
    "orders.payments.steps._undo",
)

# Whose transaction ends there: NAME.before_commit and NAME.after_commit.
_COMMITS = {
    "core.idempotency.decorator.idempotent.wrapped": "core.idempotency",
    "orders.cancellation.cancel": "orders.cancel",
    "orders.cancellation.give_up_shipping": "orders.give_up_shipping",
    "orders.cancellation.close": "orders.close",
    "orders.payments.refunds._settle": "orders.refund",
    "orders.payments.refunds._settle_failed": "orders.refund_failed",
    "orders.payments.refunds.request": "orders.request_refund",
    "orders.payments.settling.give_up": "orders.give_up",
    "orders.payments.settling.settle": "orders.settle",
    "orders.payments.settling.settle_declined": "orders.decline",
    "orders.payments.settling.settle_never_made": "orders.never_made",
    "orders.payments.webhooks._take_in": "orders.receive_webhook",
    "orders.release_cancelled": "orders.release",
    "orders.release_failed": "orders.release",
    "orders.shipments.by_staff.deliver": "orders.deliver",
    "orders.shipments.by_staff.send": "orders.send_shipment",
    "orders.shipments.dispatch._intend": "orders.intend_shipment",
    "orders.shipments.dispatch._record_shipped": "orders.ship",
    "orders.shipments.returns.receive": "orders.receive_return",
}

_OTHERS = {
    "core.idempotency.decorator._conclude.before_keep": "core.idempotency.before_keep",
    "core.mail.handlers.send_mail.before_send": "core.send_mail.before_call",
    "core.mail.handlers.send_mail.after_send": "core.send_mail.after_call",
    "core.mail.handlers.send_mail.after_retry": "core.send_mail.after_commit",
    "core.outbox.work._give_up.before_commit": "core.work.before_give_up",
    "core.outbox.work._run.after_run_handler": "core.work.after_commit",
    "core.outbox.work._run_handler.before_mark_handled": "core.work.before_mark",
    "core.outbox.work._run_in_transaction.before_commit": "core.work.before_commit",
    "core.outbox.relay._sent.before_send": "core.relay.before_send",
    "core.outbox.relay._sent.after_send": "core.relay.after_send",
    "core.outbox.relay.publish_batch.after_record": "core.relay.after_record",
    "orders.checkout.place.place_order.before_reserve": "orders.checkout.before_reserve",
    "orders.checkout.place.place_order.after_reserve": "orders.checkout.after_reserve",
    "orders.checkout.place.place_order.after_record": "orders.checkout.after_record",
    "orders.checkout.place.place_order.after_publish": "orders.checkout.after_publish",
    "orders.handlers.release_holdings.after_release": "orders.release.after_stock",
    "orders.payments.refunds.carry_out.before_refund": "orders.refund.before_call",
    "orders.payments.refunds.carry_out.after_refund": "orders.refund.after_call",
    "orders.payments.steps.authorise.before_authorise": "orders.authorise.before_call",
    "orders.payments.steps.authorise.after_authorise": "orders.authorise.after_call",
    "orders.payments.steps.authorise.after_settle": "orders.authorise.after_commit",
    "orders.payments.steps.capture.before_capture": "orders.capture.before_call",
    "orders.payments.steps.capture.after_capture": "orders.capture.after_call",
    "orders.payments.steps.capture.after_settle": "orders.capture.after_commit",
    "orders.payments.steps.reverse.before_undo": "orders.reverse.before_call",
    "orders.payments.steps.reverse.after_undo": "orders.reverse.after_call",
    "orders.payments.steps.reverse.after_settle": "orders.reverse.after_commit",
    "orders.payments.steps.reverse.after_settle_never_made": "orders.reverse.after_commit",
    "orders.shipments.by_staff.deliver.after_publish": "orders.deliver.after_shipments",
    "orders.shipments.cancel.cancel_at_carrier.before_cancel_parcel": "orders.cancel_shipment.before_call",
    "orders.shipments.cancel.cancel_at_carrier.after_cancel_parcel": "orders.cancel_shipment.after_call",
    "orders.shipments.dispatch._book.before_create_parcel": "orders.ship.before_call",
    "orders.shipments.dispatch._book.after_create_parcel": "orders.ship.after_call",
    "orders.shipments.dispatch._intend.after_change": "orders.intend_shipment.after_one",
}

# By place. Two places may share a name: a process passes one of them.
NAMES: Mapping[str, str] = _OTHERS | {
    f"{function}.{side}_commit": f"{name}.{side}_commit"
    for function, name in _COMMITS.items()
    for side in ("before", "after")
}


def all_names() -> list[str]:
    """Every short name, once."""
    return sorted(set(NAMES.values()))


def places_of(name: str) -> list[str]:
    """The places that a short name stands for; a place stands for itself."""
    return [place for place, known in NAMES.items() if known == name] or [name]
