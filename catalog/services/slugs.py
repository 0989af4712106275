"""Readable names in URLs, unique among their kind. What is withdrawn gives its name back."""

import secrets
from uuid import UUID

from django.db.models import Model
from django.utils.text import slugify

from catalog.models import SKU_LENGTH
from core.errors import Conflict, FieldError

MAX_LENGTH = 90
WITHDRAWN = "~"  # in no slug or SKU that anybody may give


class SlugTaken(Conflict):
    code = "slug_taken"
    title = "Another one has this slug"

    def __init__(self, slug: str) -> None:
        detail = f"The slug {slug} is taken"
        super().__init__(detail, errors=[FieldError(field="slug", code=self.code, detail=detail)])


def made_from(name: str, *, model: type[Model]) -> str:
    """A free slug that reads like `name`."""
    slug = slugify(name)[:MAX_LENGTH].strip("-") or model._meta.verbose_name_raw
    return slug if _is_free(slug, model) else f"{slug}-{secrets.token_hex(4)}"


def check_free(slug: str, *, model: type[Model]) -> str:
    """The slug, where nothing has it yet. Raises SlugTaken."""
    if not _is_free(slug, model):
        raise SlugTaken(slug)
    return slug


def freed(name: str, pk: UUID) -> str:
    """What a withdrawn row is called instead."""
    return f"{name[: SKU_LENGTH - 13]}{WITHDRAWN}{pk.hex[-12:]}"


def former(name: str) -> str:
    """What a row was called while it was on offer."""
    return name.partition(WITHDRAWN)[0]


def _is_free(slug: str, model: type[Model]) -> bool:
    return not model._default_manager.filter(slug=slug).exists()
