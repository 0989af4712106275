"""What an event is: something that happened, published in the transaction in which it did."""

from dataclasses import dataclass, fields
from typing import Any, ClassVar, dataclass_transform
from uuid import UUID


@dataclass_transform(kw_only_default=True, frozen_default=True)
@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that happened. Each subclass becomes a frozen, keyword-only dataclass of UUID, str and int:

        class RefundRequested(Event, name="orders.refund_requested"):
            refund_id: UUID

    The name is "app.past_tense" and never changes: stored messages carry it. A class without one only serves
    to be inherited from.
    """

    name: ClassVar[str] = ""

    def __init_subclass__(cls, *, name: str = "", **options: Any) -> None:
        super().__init_subclass__(**options)
        cls.name = name
        dataclass(frozen=True, kw_only=True)(cls)

    def aggregate(self) -> str:
        """What the event is about, e.g. an order's id: messages of one aggregate are found together."""
        return ""

    def payload(self) -> dict[str, Any]:
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {k: str(v) if isinstance(v, UUID) else v for k, v in values.items()}
