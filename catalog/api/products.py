from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.api import shapes
from catalog.api.answers import StaffWrites, base_url, cached, refuse_parameters
from catalog.models import Product
from catalog.queries import product_filters
from catalog.queries import products as shown
from catalog.services import cache_tags, products
from core.http.bodies import valid_body
from core.http.conditional import PRIVATE, check_if_match, etag_of
from core.http.lean import LeanReads
from core.http.pagination import DEFAULT_SIZE, MAX_SIZE
from core.http.renderers import dumps

FILTERS = [
    OpenApiParameter("q", str, description="Words in name, description or SKU."),
    OpenApiParameter("category", str, description="Slug; its descendants are included."),
    OpenApiParameter("min_price", OpenApiTypes.DECIMAL),
    OpenApiParameter("max_price", OpenApiTypes.DECIMAL),
    OpenApiParameter("in_stock", bool),
    OpenApiParameter("attr.<name>", str, description="Value of the attribute, of product or variant."),
    OpenApiParameter(
        "ordering",
        str,
        enum=[f"{sign}{name}" for name in product_filters.ORDERINGS for sign in ("", "-")],
        default=product_filters.DEFAULT_ORDERING,
    ),
    OpenApiParameter("cursor", str, description="Opaque; taken from next or previous."),
    OpenApiParameter(
        "page_size", {"type": "integer", "minimum": 1, "maximum": MAX_SIZE, "default": DEFAULT_SIZE}
    ),
]
_VARIANT_FIELDS = ("sku", "price", "currency", "compare_at_price", "stock")


class ProductsView(LeanReads):
    permission_classes = (StaffWrites,)

    @extend_schema(operation_id="list_products", parameters=FILTERS, responses=shapes.ProductPage, auth=[])
    def get(self, request: HttpRequest) -> HttpResponse:
        filters = product_filters.parse(request.META.get("QUERY_STRING", ""))
        base = base_url(request)
        return cached(
            request,
            f"products:{base}?{filters.normal}",
            tags=(cache_tags.LISTS,),
            compute=lambda: shown.list_document(filters, base_url=base, now=timezone.now()),
        )

    @extend_schema(
        operation_id="create_product", request=shapes.ProductBody, responses={201: shapes.ShownProduct}
    )
    def post(self, request: Request) -> HttpResponse:
        body = valid_body(shapes.ProductBody, request)
        product = products.create(
            fields=_product_fields(body),
            variants=_variants(body)
            or [products.VariantInput(**{k: body[k] for k in _VARIANT_FIELDS if k in body})],
            actor=f"user:{request.user.pk}",
            now=timezone.now(),
        )
        return _answer(request, product, status=201)


class ProductView(LeanReads):
    permission_classes = (StaffWrites,)

    @extend_schema(operation_id="get_product", responses=shapes.ShownProduct, auth=[])
    def get(self, request: HttpRequest, slug: str) -> HttpResponse:
        refuse_parameters(request)
        base = base_url(request)
        return cached(
            request,
            f"product:{base}:{slug}",
            tags=(cache_tags.of_product(slug), cache_tags.CATEGORIES),
            compute=lambda: shown.product_document(slug, base_url=base, now=timezone.now()),
        )

    @extend_schema(
        operation_id="change_product", request=shapes.ProductChanges, responses=shapes.ShownProduct
    )
    def patch(self, request: Request, slug: str) -> HttpResponse:
        body = valid_body(shapes.ProductChanges, request)
        product = products.update(
            slug=slug,
            fields=_product_fields(body),
            variant_fields={k: body[k] for k in _VARIANT_FIELDS if k in body},  # type: ignore[arg-type]
            variants=_variants(body),
            precondition=_if_match(request),
            actor=f"user:{request.user.pk}",
            now=timezone.now(),
        )
        return _answer(request, product, status=200)

    @extend_schema(operation_id="delete_product", responses={204: None})
    def delete(self, request: Request, slug: str) -> Response:
        products.withdraw(slug=slug, precondition=_if_match(request), now=timezone.now())
        return Response(status=204)


def _product_fields(body: dict[str, Any]) -> products.ProductFields:
    names = products.ProductFields.__annotations__
    return {name: body[name] for name in names if name in body}  # type: ignore[return-value]


def _variants(body: dict[str, Any]) -> list[products.VariantInput] | None:
    return [products.VariantInput(**v) for v in body["variants"]] if "variants" in body else None


def _if_match(request: Request) -> products.Precondition:
    """The tag is that of GET at the same address, so units sold meanwhile are a change too."""

    def check(product: Product) -> None:
        if "HTTP_IF_MATCH" in request.META:
            body = dumps(shown.product_fields(product, base_url=base_url(request)))
            check_if_match(request, etag_of(body))

    return check


def _answer(request: Request, product: Product, *, status: int) -> HttpResponse:
    body = dumps(shown.product_fields(product, base_url=base_url(request)))
    headers = {"ETag": etag_of(body), "Cache-Control": PRIVATE}
    if status == 201:
        headers["Location"] = f"{base_url(request)}/api/v1/products/{product.slug}"
    return HttpResponse(body, status=status, content_type="application/json", headers=headers)
