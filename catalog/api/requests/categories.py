from typing import Annotated

from core.http.bodies import RequestBody
from core.http.fields import NOT_GIVEN, SLUG, text


class CategoryChangesRequest(RequestBody):
    name: Annotated[str, text(100)] = NOT_GIVEN
    slug: Annotated[str, text(100), SLUG] = NOT_GIVEN
    parent: Annotated[str, text(100), SLUG] | None = NOT_GIVEN


class CategoryRequest(CategoryChangesRequest):
    name: Annotated[str, text(100)]
