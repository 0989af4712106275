"""What staff write: products with their variants. Read model and cache follow in the same transaction."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, TypedDict

from django.conf import settings
from django.db import transaction

from catalog.models import Category, Product, Variant
from catalog.queries.products import ProductNotFound, UnknownCategory
from catalog.services import cache_tags, read_model, slugs, stock
from catalog.services.races import LostRace, constraints_decide
from core import money
from core.errors import Conflict, FieldError, Invalid


class SkuTaken(Conflict):
    code = "sku_taken"
    title = "Another variant has this SKU"

    def __init__(self, skus: Sequence[str]) -> None:
        errors = [FieldError(field="sku", code=self.code, detail=f"{sku} is taken") for sku in skus]
        super().__init__(f"Taken: {', '.join(skus)}", errors=errors)


class BadVariants(Invalid):
    def __init__(self, detail: str) -> None:
        super().__init__(detail, errors=[FieldError(field="variants", code="invalid", detail=detail)])


class PriceTooFine(Invalid):
    title = "The currency has no such amount"


@dataclass(frozen=True, kw_only=True)
class VariantInput:
    """A variant as staff describe it. Without a SKU it gets one; `stock` counts only for a new one.

    Without a currency it has that of the product's other variants; where there are none, the shop's.
    """

    price: Decimal
    currency: str = ""
    sku: str | None = None
    name: str = ""
    compare_at_price: Decimal | None = None
    attributes: dict[str, Any] = field(default_factory=dict)
    stock: int = 0


class ProductFields(TypedDict, total=False):
    """What describes a product itself; what is missing stays as it is. `category` is a slug."""

    name: str
    description: str
    category: str | None
    attributes: dict[str, Any]
    published_from: datetime | None
    published_until: datetime | None


class VariantFields(TypedDict, total=False):
    """What may be changed directly on a product that has one variant. `stock` is the units on hand."""

    sku: str
    price: Decimal
    currency: str
    compare_at_price: Decimal | None
    stock: int


Precondition = Callable[[Product], None]


@constraints_decide
@transaction.atomic
def create(*, fields: ProductFields, variants: Sequence[VariantInput], actor: str, now: datetime) -> Product:
    """A product with its variants and their first units.

    Raises UnknownCategory, SkuTaken, BadVariants, PriceTooFine.
    """
    product = Product(created_at=now, published_from=now)
    _describe(product, fields)
    product.slug = slugs.made_from(product.name, model=Product)
    product.save(force_insert=True)
    described = _with_currency(variants, settings.DEFAULT_CURRENCY)
    _add_variants(product, dict(enumerate(described)), actor=actor, now=now)
    _announce(product)
    return product


@constraints_decide
@transaction.atomic
def update(
    *,
    slug: str,
    fields: ProductFields,
    variant_fields: VariantFields,
    variants: Sequence[VariantInput] | None,
    precondition: Precondition,
    actor: str,
    now: datetime,
) -> Product:
    """Change what is given; `variants`, where given, are all that the product shall have.

    `precondition(product)` is asked once the product is locked, and may refuse by raising. Raises
    ProductNotFound, UnknownCategory, SkuTaken, BadVariants, PriceTooFine, LostRace, and stock.BelowReserved.
    """
    # Levels are locked before products, and counted once the precondition holds, which shows their units.
    level = stock.lock_first_level(sku=_only_variant(slug).sku) if "stock" in variant_fields else None
    product = _locked(slug)
    precondition(product)
    if level:
        if _only_variant(slug).pk != level.variant_id:
            raise LostRace
        stock.count(level=level, on_hand=variant_fields["stock"], actor=actor, now=now)
    _describe(product, fields)
    product.save()
    if variants is not None:
        _replace_variants(product, variants, actor=actor, now=now)
    elif variant_fields:
        _change_variant(_only_variant(slug), variant_fields)
    _announce(product)
    return product


@transaction.atomic
def withdraw(*, slug: str, precondition: Precondition, now: datetime) -> None:
    """Take the product off the shop for good. Orders and ledger keep it; slug and SKUs are free again."""
    product = _locked(slug)
    precondition(product)
    for variant in _variants(product):
        withdraw_variant(variant=variant, now=now)
    product.slug = slugs.freed(product.slug, product.pk)
    product.withdrawn_at, product.category = now, None
    product.save()
    read_model.refresh(product_ids=[product.pk])
    cache_tags.announce(cache_tags.LISTS, cache_tags.of_product(slug))


@transaction.atomic
def record_edit(*, product: Product, former_slug: str | None = None) -> None:
    """Product and variants were saved by a form: bring read model and cached pages in step.

    Raises BadVariants where the variants have several currencies.
    """
    _check_one_currency(product)
    _announce(product)
    if former_slug and former_slug != product.slug:
        cache_tags.announce(cache_tags.of_product(former_slug))


def _locked(slug: str) -> Product:
    product = Product.objects.on_offer().select_for_update(no_key=True).filter(slug=slug).first()
    if product is None:
        raise ProductNotFound(f"There is no product {slug}")
    return product


def _describe(product: Product, fields: ProductFields) -> None:
    for name, value in fields.items():
        setattr(product, name, _category(value) if name == "category" else value)  # type: ignore[arg-type]
    if (
        product.published_from
        and product.published_until
        and product.published_until <= product.published_from
    ):
        detail = "A product cannot end before it begins"
        raise Invalid.at("published_until", detail)


def _category(slug: str | None) -> Category | None:
    category = Category.objects.filter(slug=slug).first() if slug else None
    if slug and category is None:
        raise UnknownCategory(slug)
    return category


def _variants(product: Product) -> list[Variant]:
    return list(product.variants.filter(withdrawn_at__isnull=True))


def _only_variant(slug: str) -> Variant:
    product = Product.objects.on_offer().filter(slug=slug).first()
    if product is None:
        raise ProductNotFound(f"There is no product {slug}")
    found = _variants(product)
    if len(found) != 1:
        raise BadVariants(f"{slug} has {len(found)} variants: say in `variants` which one is meant")
    return found[0]


def _with_currency(inputs: Sequence[VariantInput], usual: str) -> list[VariantInput]:
    return [v if v.currency else replace(v, currency=usual) for v in inputs]


def _add_variants(
    product: Product, by_position: Mapping[int, VariantInput], *, actor: str, now: datetime
) -> None:
    _check_skus([v.sku for v in by_position.values() if v.sku])
    made = [_variant(product, described, position) for position, described in by_position.items()]
    Variant.objects.bulk_create(made)
    _check_one_currency(product)
    for variant, described in zip(made, by_position.values(), strict=True):
        if described.stock:
            _receive(variant, described.stock, actor=actor, now=now)


def _receive(variant: Variant, units: int, *, actor: str, now: datetime) -> None:
    """Receive the first units of a new variant, whose level nobody else can have locked."""
    cause = f"product:{variant.product_id}"
    stock.adjust(
        sku=variant.sku, change=units, reason=stock.Reason.RECEIVED, actor=actor, cause=cause, now=now
    )


def _check_skus(skus: list[str]) -> None:
    repeated = {sku for sku in skus if skus.count(sku) > 1}
    if repeated:
        raise BadVariants(f"Given twice: {', '.join(sorted(repeated))}")
    taken = Variant.objects.filter(sku__in=skus, withdrawn_at__isnull=True).order_by("sku")
    if taken:
        raise SkuTaken([variant.sku for variant in taken])


def _variant(product: Product, described: VariantInput, position: int) -> Variant:
    variant = Variant(
        product=product,
        name=described.name,
        price=described.price,
        currency=described.currency,
        compare_at_price=described.compare_at_price,
        attributes=described.attributes,
        position=position,
    )
    variant.sku = described.sku or f"P{variant.pk.hex[-12:].upper()}"
    _check_prices(variant)
    return variant


def _check_prices(variant: Variant) -> None:
    for name in ("price", "compare_at_price"):
        amount = getattr(variant, name)
        if amount is not None and not money.fits(amount, variant.currency):
            detail = f"{amount} is finer than {variant.currency} is counted"
            raise PriceTooFine(detail, errors=[FieldError(field=name, code="invalid", detail=detail)])


def _check_one_currency(product: Product) -> None:
    currencies = {v.currency for v in _variants(product)}
    if len(currencies) > 1:
        raise BadVariants(f"One product has one currency, not {' and '.join(sorted(currencies))}")


def _replace_variants(product: Product, inputs: Sequence[VariantInput], *, actor: str, now: datetime) -> None:
    present = {v.sku: v for v in _variants(product)}
    inputs = _with_currency(inputs, next((v.currency for v in present.values()), settings.DEFAULT_CURRENCY))
    kept = {v.sku for v in inputs if v.sku in present}
    for sku, variant in present.items():
        if sku not in kept:
            withdraw_variant(variant=variant, now=now)
    by_position = dict(enumerate(inputs))
    for position, described in enumerate(inputs):
        if described.sku in kept:
            _rewrite(present[described.sku], by_position.pop(position), position)
    _add_variants(product, by_position, actor=actor, now=now)


def _rewrite(variant: Variant, described: VariantInput, position: int) -> None:
    for name in ("name", "price", "currency", "compare_at_price", "attributes"):
        setattr(variant, name, getattr(described, name))
    variant.position = position
    _check_prices(variant)
    variant.save()


def _change_variant(variant: Variant, fields: VariantFields) -> None:
    sku = fields.get("sku", variant.sku)
    if sku != variant.sku:
        _check_skus([sku])
    for name in ("sku", "price", "currency", "compare_at_price"):
        setattr(variant, name, fields.get(name, getattr(variant, name)))
    _check_prices(variant)
    variant.save()


def withdraw_variant(*, variant: Variant, now: datetime) -> None:
    """Withdraw one variant in the caller's transaction, which then brings the read model in step."""
    variant.sku, variant.withdrawn_at = slugs.freed(variant.sku, variant.pk), now
    variant.save()


def _announce(product: Product) -> None:
    read_model.refresh(product_ids=[product.pk])
    cache_tags.announce(cache_tags.LISTS, cache_tags.of_product(product.slug))
