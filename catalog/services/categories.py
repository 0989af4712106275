"""The tree: made, renamed, moved and deleted by one writer at a time, since treebeard counts paths itself."""

from typing import TypedDict

from django.db import transaction
from django.db.models import ProtectedError
from treebeard.exceptions import InvalidMoveToDescendant, PathOverflow

from catalog.models import Category, Product
from catalog.queries.categories import CategoryNotFound
from catalog.services import cache_tags, slugs
from catalog.services.races import constraints_decide
from core import rows
from core.errors import Conflict, FieldError, Invalid


class CategoryInUse(Conflict):
    code = "category_in_use"
    title = "The category still has children or products, or something else names it"


class BadParent(Invalid):
    def __init__(self, detail: str) -> None:
        super().__init__(detail, errors=[FieldError(field="parent", code="invalid", detail=detail)])


class CategoryChanges(TypedDict, total=False):
    """What to change; what is missing stays. `parent` is a slug, or None for a root."""

    name: str
    slug: str
    parent: str | None


@constraints_decide
@transaction.atomic
def create(*, name: str, slug: str | None = None, parent: str | None = None) -> Category:
    """A new last child of `parent` (a slug), or a new root. Raises SlugTaken, BadParent."""
    _lock_tree()
    free = slugs.check_free(slug, model=Category) if slug else slugs.made_from(name, model=Category)
    fields = {"name": name, "slug": free}
    category = _add(fields, under=_parent(parent) if parent else None)
    cache_tags.announce(cache_tags.CATEGORIES)
    return category


@constraints_decide
@transaction.atomic
def update(*, slug: str, changes: CategoryChanges) -> Category:
    """Rename, move, or give another slug. Raises CategoryNotFound, SlugTaken, BadParent."""
    _lock_tree()
    category = _get(slug)
    if changes.get("slug", slug) != slug:
        category.slug = slugs.check_free(changes["slug"], model=Category)
    category.name = changes.get("name", category.name)
    category.save(update_fields=["name", "slug"])
    if "parent" in changes:
        _move(category, changes["parent"])
    cache_tags.announce(cache_tags.CATEGORIES, cache_tags.LISTS)
    return category


@constraints_decide
@transaction.atomic
def delete(*, slug: str) -> None:
    """Delete an empty category.

    Raises CategoryNotFound, and CategoryInUse while anything is in it or names it, as vouchers do.
    """
    _lock_tree()
    category = _get(slug)
    if category.numchild or Product.objects.on_offer().filter(category=category).exists():
        raise CategoryInUse(f"Empty the category {slug} first")
    try:
        category.delete()
    except ProtectedError as used:
        kinds = sorted({str(each._meta.verbose_name) for each in used.protected_objects})
        raise CategoryInUse(f"{slug} is still named by: {', '.join(kinds)}") from used
    cache_tags.announce(cache_tags.CATEGORIES, cache_tags.LISTS)


def _lock_tree() -> None:
    """Let one writer at a time change the tree; readers, and products that refer to it, are not held up."""
    rows.change("LOCK TABLE catalog_category IN SHARE ROW EXCLUSIVE MODE", {})


def _get(slug: str) -> Category:
    category = Category.objects.filter(slug=slug).first()
    if category is None:
        raise CategoryNotFound(f"There is no category {slug}")
    return category


def _parent(slug: str) -> Category:
    parent = Category.objects.filter(slug=slug).first()
    if parent is None:
        raise BadParent(f"There is no category {slug}")
    return parent


def _add(fields: dict[str, str], *, under: Category | None) -> Category:
    try:
        made: Category = (
            Category.objects.add_child(under, fields) if under else Category.objects.add_root(fields)
        )
    except PathOverflow as error:
        raise BadParent("The tree is too deep there") from error
    return made


def _move(category: Category, parent: str | None) -> None:
    try:
        if parent is None:
            Category.objects.move(category, Category.objects.get_last_root_node(), "last-sibling")
        else:
            Category.objects.move(category, _parent(parent), "last-child")
    except InvalidMoveToDescendant as error:
        raise BadParent("A category cannot lie inside itself") from error
    category.refresh_from_db()
