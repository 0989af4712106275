from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

from django.core.exceptions import ValidationError
from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, field_validator, model_validator

from catalog.attributes import EXPECTED, check_attributes
from catalog.skus import SKU, SKU_EXPECTED
from core.http.bodies import RequestBody
from core.http.fields import NOT_GIVEN, SLUG, Amount, Moment, Pattern, Whole, fault, text

MAX_UNITS = 1_000_000_000


def _attributes(value: dict[str, Any]) -> dict[str, Any]:
    try:
        check_attributes(value)
    except ValidationError as error:
        raise fault("attributes", EXPECTED) from error
    return value


Price = Annotated[Decimal, Amount(12)]
PriceOrNone = Annotated[Price | None, BeforeValidator(lambda value: None if value == "" else value)]
Currency = Annotated[str, text(), Pattern(r"[A-Z]{3}", "Give an ISO 4217 code, e.g. EUR")]
NewSku = Annotated[str, text(), Pattern(SKU, SKU_EXPECTED)]
Attributes = Annotated[dict[str, Any], AfterValidator(_attributes)]
Units = Annotated[int, Whole(0, MAX_UNITS)]
CategorySlug = Annotated[str, text(100), SLUG]
Time = Annotated[datetime, Moment()]


class VariantRequest(RequestBody):
    sku: NewSku = NOT_GIVEN
    name: Annotated[str, text(200, is_blank_taken=True)] = NOT_GIVEN
    price: Price
    currency: Currency = NOT_GIVEN
    compare_at_price: PriceOrNone = NOT_GIVEN
    attributes: Attributes = NOT_GIVEN
    stock: Units = NOT_GIVEN


class ProductChangesRequest(RequestBody):
    """Body of PATCH. Price, currency, SKU and stock are those of a product's only variant."""

    name: Annotated[str, text(200)] = NOT_GIVEN
    description: Annotated[str, text(20_000, is_blank_taken=True)] = NOT_GIVEN
    category: CategorySlug | None = NOT_GIVEN
    attributes: Attributes = NOT_GIVEN
    published_from: Time | None = NOT_GIVEN
    published_until: Time | None = NOT_GIVEN
    variants: Annotated[list[VariantRequest], Field(min_length=1, max_length=100)] = NOT_GIVEN
    price: Price = NOT_GIVEN
    currency: Currency = NOT_GIVEN
    compare_at_price: PriceOrNone = NOT_GIVEN
    sku: NewSku = NOT_GIVEN
    stock: Units = NOT_GIVEN

    @field_validator("price", "currency", "compare_at_price", "sku", "stock")
    @classmethod
    def _not_beside_variants(cls, value: Any, info: ValidationInfo) -> Any:
        if info.data.get("variants") is not None:
            raise fault("invalid", "Say it in the variants")
        return value


class ProductRequest(ProductChangesRequest):
    """Body of POST: a name, and a price or variants with theirs."""

    name: Annotated[str, text(200)]

    @model_validator(mode="after")
    def _has_a_price(self) -> "ProductRequest":
        if not {"price", "variants"} & self.model_fields_set:
            raise fault("required", "Give a price, or variants", beside="price")
        return self
