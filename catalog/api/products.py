from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.api import rendering
from catalog.api.documents.products import ProductDocument, ProductPageDocument
from catalog.api.reads import StaffWrites, base_url, cached, refuse_parameters
from catalog.api.requests.products import ProductChangesRequest, ProductRequest
from catalog.models import Product
from catalog.queries import product_filters
from catalog.services import cache_tags, products
from core.http.bodies import read
from core.http.conditional import PRIVATE, check_if_match, etag_of
from core.http.lean import LeanReads, Readers
from core.http.pagination import DEFAULT_SIZE, MAX_SIZE

PRICE = {"type": "string", "format": "decimal", "pattern": f"^{product_filters.PRICE}$"}
FILTERS = [
    OpenApiParameter("q", str, description="Words in name, description or SKU."),
    OpenApiParameter("category", str, description="Slug; its descendants are included."),
    OpenApiParameter("min_price", PRICE),
    OpenApiParameter("max_price", PRICE),
    OpenApiParameter("in_stock", bool),
    OpenApiParameter("attr.<name>", str, description="Value of the attribute, of product or variant."),
    OpenApiParameter(
        "ordering",
        str,
        enum=product_filters.ORDERING.choices,
        default=product_filters.ORDERING.default,
    ),
    OpenApiParameter("cursor", str, description="Opaque; taken from next or previous."),
    OpenApiParameter(
        "page_size", {"type": "integer", "minimum": 1, "maximum": MAX_SIZE, "default": DEFAULT_SIZE}
    ),
]


class ProductsView(LeanReads):
    readers = Readers.ANYBODY
    permission_classes = (StaffWrites,)

    @extend_schema(operation_id="list_products", parameters=FILTERS, responses=ProductPageDocument, auth=[])
    def get(self, request: HttpRequest) -> HttpResponse:
        filters = product_filters.parse(request.META.get("QUERY_STRING", ""))
        base = base_url(request)
        return cached(
            request,
            f"products:{base}?{filters.normal}",
            tags=(cache_tags.LISTS,),
            compute=lambda: rendering.product_list(filters, base_url=base),
        )

    @extend_schema(operation_id="create_product", request=ProductRequest, responses={201: ProductDocument})
    def post(self, request: Request) -> HttpResponse:
        body = read(ProductRequest, request)
        product = products.create(
            fields=_product_fields(body),
            variants=_variants(body) or [products.VariantInput(**_variant_fields(body))],
            actor=f"user:{request.user.pk}",
            now=timezone.now(),
        )
        return _answer(request, product, status=201)


class ProductView(LeanReads):
    readers = Readers.ANYBODY
    permission_classes = (StaffWrites,)

    @extend_schema(operation_id="get_product", responses=ProductDocument, auth=[])
    def get(self, request: HttpRequest, slug: str) -> HttpResponse:
        refuse_parameters(request)
        base = base_url(request)
        return cached(
            request,
            f"product:{base}:{slug}",
            tags=(cache_tags.of_product(slug), cache_tags.CATEGORIES),
            compute=lambda: rendering.product_on_sale(slug, base_url=base),
        )

    @extend_schema(operation_id="change_product", request=ProductChangesRequest, responses=ProductDocument)
    def patch(self, request: Request, slug: str) -> HttpResponse:
        body = read(ProductChangesRequest, request)
        product = products.update(
            slug=slug,
            fields=_product_fields(body),
            variant_fields=_variant_fields(body),
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


def _product_fields(body: ProductChangesRequest) -> products.ProductFields:
    names = products.ProductFields.__annotations__
    return {n: value for n, value in body.given().items() if n in names}  # type: ignore[return-value]


def _variant_fields(body: ProductChangesRequest) -> products.VariantFields:
    names = products.VariantFields.__annotations__
    return {n: value for n, value in body.given().items() if n in names}  # type: ignore[return-value]


def _variants(body: ProductChangesRequest) -> list[products.VariantInput] | None:
    if "variants" not in body.model_fields_set:
        return None
    return [products.VariantInput(**variant.given()) for variant in body.variants]


def _if_match(request: Request) -> products.Precondition:
    """The tag is that of GET at the same address, so units sold meanwhile are a change too."""

    def check(product: Product) -> None:
        if "HTTP_IF_MATCH" in request.META:
            body = rendering.product(product, base_url=base_url(request))
            check_if_match(request, etag_of(body))

    return check


def _answer(request: Request, product: Product, *, status: int) -> HttpResponse:
    body = rendering.product(product, base_url=base_url(request))
    headers = {"ETag": etag_of(body), "Cache-Control": PRIVATE}
    if status == 201:
        headers["Location"] = f"{base_url(request)}/api/v1/products/{product.slug}"
    return HttpResponse(body, status=status, content_type="application/json", headers=headers)
