"""Where a category stands in the tree."""

from dataclasses import dataclass

from django.db.models import QuerySet, Subquery

from catalog.models import Category
from core.errors import NotFound


class CategoryNotFound(NotFound):
    title = "No such category"


def ids_with_descendants(slug: str) -> list[int]:
    """The category and everything below it, in one query; empty where there is none of that name."""
    branch = Category.objects.filter(slug=slug).values("path")
    return list(Category.objects.filter(path__startswith=Subquery(branch)).values_list("id", flat=True))


def tree() -> QuerySet[Category, tuple[str, str, str]]:
    """Path, slug and name of every category, parents before their children."""
    return Category.objects.order_by("path").values_list("path", "slug", "name")


@dataclass(frozen=True, slots=True)
class Placed:
    """A category between its ancestors, the root first, and its children."""

    category: Category
    ancestors: list[Category]
    children: list[Category]


def placed(slug: str) -> Placed:
    """The category with its ancestors and children. Raises CategoryNotFound."""
    category = Category.objects.filter(slug=slug).first()
    if category is None:
        raise CategoryNotFound(f"There is no category {slug}")
    return Placed(
        category,
        ancestors=list(Category.objects.get_ancestors(category)),
        children=list(Category.objects.get_children(category)),
    )
