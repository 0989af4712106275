from catalog.admin.categories import CategoryAdmin
from catalog.admin.products import ListingAdmin, ProductAdmin, VariantAdmin
from catalog.admin.stock import LocationAdmin, ReservationAdmin, StockEntryAdmin, StockLevelAdmin

__all__ = [
    "CategoryAdmin",
    "ListingAdmin",
    "LocationAdmin",
    "ProductAdmin",
    "ReservationAdmin",
    "StockEntryAdmin",
    "StockLevelAdmin",
    "VariantAdmin",
]
