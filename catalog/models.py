"""What is for sale, and how much of it is left.

`Product` and `Variant` are what staff write; `Listing` is the read model of lists and search, one row for
each product that is on offer, kept by services.read_model in the transaction of the write.
`StockLevel` is the present truth about units, `StockEntry` the ledger that explains it. Ledger and
reservations refer to their level by one foreign key over (variant, location), made in migration 0002:
the level's row is locked already when they are written, so the check costs no lock on a shared row.
"""

from datetime import datetime

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from treebeard.mp_tree import MP_Node

from core.ids import uuid7
from core.money import TOO_FINE, fits_currency

# Wider than the API accepts (64, 120): a withdrawn row appends its id, so that its name is free again.
SKU_LENGTH, SLUG_LENGTH = 80, 140


class Category(MP_Node):
    """A node of the category tree. Moved and deleted through treebeard's API only."""

    name: "models.CharField[str, str]" = models.CharField(max_length=100)
    slug: "models.SlugField[str, str]" = models.SlugField(max_length=100, unique=True)

    class Meta:
        verbose_name_plural = "categories"

    def __str__(self) -> str:
        return self.name


class ProductQuerySet(models.QuerySet["Product"]):
    def on_offer(self) -> "ProductQuerySet":
        """Products that are not withdrawn, published or not."""
        return self.filter(withdrawn_at__isnull=True)

    def visible(self, *, now: datetime) -> "ProductQuerySet":
        """Products that shoppers see now."""
        return self.on_offer().filter(
            Q(published_until__isnull=True) | Q(published_until__gt=now), published_from__lte=now
        )


class Product(models.Model):
    """Shown within its publication window; `published_from` is null for a draft. Never deleted: withdrawn."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    slug = models.SlugField(max_length=SLUG_LENGTH, unique=True)
    name = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    category = models.ForeignKey(
        Category, on_delete=models.PROTECT, null=True, blank=True, related_name="products"
    )
    attributes = models.JSONField(default=dict, blank=True)
    published_from = models.DateTimeField(default=timezone.now, null=True, blank=True)
    published_until = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ProductQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(published_until__gt=F("published_from")), name="product_window_not_empty"
            ),
        ]
        indexes = [models.Index(fields=["-created_at"], name="product_newest")]

    def __str__(self) -> str:
        return self.name


class Variant(models.Model):
    """What is sold: a SKU with its price. A price is a decimal with its currency beside it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="variants", db_index=False)
    sku = models.CharField("SKU", max_length=SKU_LENGTH)
    name = models.CharField(max_length=200, blank=True)
    price = models.DecimalField(max_digits=12, decimal_places=2)
    currency = models.CharField(max_length=3)
    compare_at_price = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)
    attributes = models.JSONField(default=dict, blank=True)
    position = models.PositiveIntegerField(default=0)
    withdrawn_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            # Only of what is on offer: a full unique index would make the SKU part of the row's key, and
            # to change it would wait for each order that refers to the row, and the order for the change.
            models.UniqueConstraint(
                fields=["sku"], condition=Q(withdrawn_at__isnull=True), name="variant_sku_once_on_offer"
            ),
            models.CheckConstraint(condition=Q(price__gte=0), name="variant_price_not_negative"),
            models.CheckConstraint(
                condition=Q(compare_at_price__gte=0), name="variant_compare_at_price_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(currency__regex=r"^[A-Z]{3}$"), name="variant_currency_is_iso_4217"
            ),
            models.CheckConstraint(
                condition=fits_currency("price", "compare_at_price"),
                name="variant_prices_fit_currency",
                violation_error_message=TOO_FINE,
            ),
        ]
        indexes = [
            models.Index(fields=["product", "position"], name="variant_of_product"),
            models.Index(fields=["sku"], name="variant_by_sku"),
        ]

    def __str__(self) -> str:
        return self.sku


class Listing(models.Model):
    """One product as lists and search see it: written by services.read_model only, read in one indexed query.

    `price` is the lowest of the product's variants, `attributes` maps each name to the texts of all values
    of the product and its variants, `in_stock` says whether any unit can be bought.
    """

    product = models.OneToOneField(Product, on_delete=models.CASCADE, primary_key=True)
    slug = models.CharField(max_length=SLUG_LENGTH)
    name = models.CharField(max_length=200)
    category = models.ForeignKey(Category, on_delete=models.PROTECT, null=True, db_index=False)
    price = models.DecimalField(max_digits=12, decimal_places=2)
    currency = models.CharField(max_length=3)
    compare_at_price = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    in_stock = models.BooleanField()
    attributes = models.JSONField()
    search = SearchVectorField()
    published_from = models.DateTimeField()
    published_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        indexes = [
            # Each ordering, alone and inside a category: a page is a short walk along one of these.
            models.Index(fields=["created_at", "product"], name="listing_by_age"),
            models.Index(fields=["price", "product"], name="listing_by_price"),
            models.Index(fields=["name", "product"], name="listing_by_name"),
            models.Index(fields=["category", "created_at", "product"], name="listing_category_age"),
            models.Index(fields=["category", "price", "product"], name="listing_category_price"),
            GinIndex(fields=["search"], name="listing_search"),
            GinIndex(fields=["attributes"], opclasses=["jsonb_path_ops"], name="listing_attributes"),
        ]

    def __str__(self) -> str:
        return self.name


class Location(models.Model):
    """Where units lie. An order uses as few as can fill it; among equals the lowest `priority`."""

    code = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=100)
    priority = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["priority", "id"]

    def __str__(self) -> str:
        return self.name


class StockLevel(models.Model):
    """Units of one variant at one location. Only services.stock writes it, with the ledger entry."""

    variant = models.ForeignKey(
        Variant, on_delete=models.PROTECT, related_name="stock_levels", db_index=False
    )
    location = models.ForeignKey(Location, on_delete=models.PROTECT)
    on_hand = models.IntegerField(default=0)
    reserved = models.IntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["variant", "location"], name="stock_level_once_per_location"),
            models.CheckConstraint(
                condition=Q(reserved__gte=0, reserved__lte=F("on_hand")),
                name="stock_reserved_within_on_hand",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.variant_id} at {self.location_id}"

    @property
    def available(self) -> int:
        return self.on_hand - self.reserved


class StockEntry(models.Model):
    """One line of the stock ledger; the database refuses to change or delete it.

    `cause` names what it was for ("order:<id>", "product:<id>"), `actor` who did it ("user:<id>").
    """

    class Reason(models.TextChoices):
        RECEIVED = "received", "received"
        ADJUSTED = "adjusted", "adjusted"
        RESERVED = "reserved", "reserved"
        RELEASED = "released", "released"
        SHIPPED = "shipped", "shipped"
        RETURNED = "returned", "returned"
        WRITTEN_OFF = "written_off", "written off"

    variant = models.ForeignKey(
        Variant, on_delete=models.PROTECT, related_name="stock_entries", db_index=False, db_constraint=False
    )
    location = models.ForeignKey(
        Location, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    on_hand_change = models.IntegerField(default=0)
    reserved_change = models.IntegerField(default=0)
    reason = models.CharField(max_length=12, choices=Reason.choices)
    cause = models.CharField(max_length=200, blank=True)
    actor = models.CharField(max_length=100, blank=True)
    at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "stock entries"
        constraints = [
            models.CheckConstraint(
                condition=~Q(on_hand_change=0, reserved_change=0), name="stock_entry_changes_something"
            ),
        ]
        indexes = [
            models.Index(fields=["variant", "location", "id"], name="stock_entry_of_level"),
            models.Index(fields=["cause"], name="stock_entry_cause"),
        ]

    def __str__(self) -> str:
        return f"{self.reason} {self.on_hand_change:+d}/{self.reserved_change:+d}"


class Reservation(models.Model):
    """Units held for one owner (an order's id) until it releases or ships them. None ends by itself.

    How long an order may hold units without being paid is the order's own rule.
    """

    owner = models.UUIDField()
    variant = models.ForeignKey(
        Variant, on_delete=models.PROTECT, related_name="reservations", db_index=False, db_constraint=False
    )
    location = models.ForeignKey(
        Location, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    quantity = models.PositiveIntegerField()
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "variant", "location"], name="reservation_once_per_owner"
            ),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="reservation_not_empty"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} for {self.owner}"
