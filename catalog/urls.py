from django.urls import path

from catalog.api import categories, products, stock

urlpatterns = [
    path("products", products.ProductsView.as_view(), name="products"),
    path("products/<slug:slug>", products.ProductView.as_view(), name="product"),
    path("categories", categories.CategoriesView.as_view(), name="categories"),
    path("categories/<slug:slug>", categories.CategoryView.as_view(), name="category"),
    path("variants/<text:sku>/stock", stock.StockView.as_view(), name="variant-stock"),
]
