from django.http import HttpRequest, HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.api import shapes
from catalog.api.answers import StaffWrites, base_url, cached, refuse_parameters
from catalog.queries import categories as shown
from catalog.services import cache_tags, categories
from core.http.bodies import valid_body
from core.http.conditional import PRIVATE
from core.http.lean import LeanReads


class CategoriesView(LeanReads):
    permission_classes = (StaffWrites,)

    @extend_schema(operation_id="list_categories", responses=shapes.CategoryTree, auth=[])
    def get(self, request: HttpRequest) -> HttpResponse:
        refuse_parameters(request)
        base = base_url(request)
        return cached(
            request,
            f"categories:{base}",
            tags=(cache_tags.CATEGORIES,),
            compute=lambda: shown.tree_document(base_url=base),
        )

    @extend_schema(
        operation_id="create_category", request=shapes.CategoryBody, responses={201: shapes.ShownCategory}
    )
    def post(self, request: Request) -> HttpResponse:
        category = categories.create(**valid_body(shapes.CategoryBody, request))
        return _answer(request, category.slug, status=201)


class CategoryView(LeanReads):
    permission_classes = (StaffWrites,)

    @extend_schema(operation_id="get_category", responses=shapes.ShownCategory, auth=[])
    def get(self, request: HttpRequest, slug: str) -> HttpResponse:
        refuse_parameters(request)
        base = base_url(request)
        return cached(
            request,
            f"category:{base}:{slug}",
            tags=(cache_tags.CATEGORIES,),
            compute=lambda: shown.category_document(slug, base_url=base),
        )

    @extend_schema(
        operation_id="change_category", request=shapes.CategoryChangesBody, responses=shapes.ShownCategory
    )
    def patch(self, request: Request, slug: str) -> HttpResponse:
        changes = valid_body(shapes.CategoryChangesBody, request)
        category = categories.update(slug=slug, changes=changes)  # type: ignore[arg-type]
        return _answer(request, category.slug, status=200)

    @extend_schema(operation_id="delete_category", responses={204: None})
    def delete(self, request: Request, slug: str) -> Response:
        categories.delete(slug=slug)
        return Response(status=204)


def _answer(request: Request, slug: str, *, status: int) -> HttpResponse:
    body = shown.category_document(slug, base_url=base_url(request))
    headers = {"Cache-Control": PRIVATE}
    if status == 201:
        headers["Location"] = f"{base_url(request)}/api/v1/categories/{slug}"
    return HttpResponse(body, status=status, content_type="application/json", headers=headers)
