from django.http import HttpRequest, HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.api import rendering
from catalog.api.documents.categories import CategoryDocument, CategoryTreeDocument
from catalog.api.reads import StaffWrites, base_url, cached, refuse_parameters
from catalog.api.requests.categories import CategoryChangesRequest, CategoryRequest
from catalog.services import cache_tags, categories
from core.http.bodies import read
from core.http.conditional import PRIVATE
from core.http.lean import LeanReads, Readers


class CategoriesView(LeanReads):
    readers = Readers.ANYBODY
    permission_classes = (StaffWrites,)

    @extend_schema(operation_id="list_categories", responses=CategoryTreeDocument, auth=[])
    def get(self, request: HttpRequest) -> HttpResponse:
        refuse_parameters(request)
        base = base_url(request)
        return cached(
            request,
            f"categories:{base}",
            tags=(cache_tags.CATEGORIES,),
            compute=lambda: rendering.category_tree(base_url=base),
        )

    @extend_schema(operation_id="create_category", request=CategoryRequest, responses={201: CategoryDocument})
    def post(self, request: Request) -> HttpResponse:
        category = categories.create(**read(CategoryRequest, request).given())
        return _answer(request, category.slug, status=201)


class CategoryView(LeanReads):
    readers = Readers.ANYBODY
    permission_classes = (StaffWrites,)

    @extend_schema(operation_id="get_category", responses=CategoryDocument, auth=[])
    def get(self, request: HttpRequest, slug: str) -> HttpResponse:
        refuse_parameters(request)
        base = base_url(request)
        return cached(
            request,
            f"category:{base}:{slug}",
            tags=(cache_tags.CATEGORIES,),
            compute=lambda: rendering.category(slug, base_url=base),
        )

    @extend_schema(operation_id="change_category", request=CategoryChangesRequest, responses=CategoryDocument)
    def patch(self, request: Request, slug: str) -> HttpResponse:
        changes = read(CategoryChangesRequest, request).given()
        category = categories.update(slug=slug, changes=changes)  # type: ignore[arg-type]
        return _answer(request, category.slug, status=200)

    @extend_schema(operation_id="delete_category", responses={204: None})
    def delete(self, request: Request, slug: str) -> Response:
        categories.delete(slug=slug)
        return Response(status=204)


def _answer(request: Request, slug: str, *, status: int) -> HttpResponse:
    body = rendering.category(slug, base_url=base_url(request))
    headers = {"Cache-Control": PRIVATE}
    if status == 201:
        headers["Location"] = f"{base_url(request)}/api/v1/categories/{slug}"
    return HttpResponse(body, status=status, content_type="application/json", headers=headers)
