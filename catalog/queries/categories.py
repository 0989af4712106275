from django.db.models import Subquery

from catalog.models import Category
from core.errors import NotFound
from core.json import dumps


class CategoryNotFound(NotFound):
    title = "No such category"


def ids_with_descendants(slug: str) -> list[int]:
    """The category and everything below it, in one query; empty where there is none of that name."""
    branch = Category.objects.filter(slug=slug).values("path")
    return list(Category.objects.filter(path__startswith=Subquery(branch)).values_list("id", flat=True))


def tree_document(*, base_url: str) -> bytes:
    """Every category, children inside their parents, as the finished list document. One query."""
    roots: list[dict[str, object]] = []
    open_nodes: list[tuple[str, list[dict[str, object]]]] = [("", roots)]
    for path, slug, name in Category.objects.order_by("path").values_list("path", "slug", "name"):
        while not path.startswith(open_nodes[-1][0]):
            open_nodes.pop()
        children: list[dict[str, object]] = []
        node = {"slug": slug, "name": name, "url": _url(base_url, slug), "children": children}
        open_nodes[-1][1].append(node)
        open_nodes.append((path, children))
    return dumps({"next": None, "previous": None, "results": roots})


def category_document(slug: str, *, base_url: str) -> bytes:
    """One category between its ancestors and its children. Raises CategoryNotFound."""
    category = Category.objects.filter(slug=slug).first()
    if category is None:
        raise CategoryNotFound(f"There is no category {slug}")
    ancestors = list(Category.objects.get_ancestors(category))
    return dumps(
        {
            **_short(category, base_url),
            "parent": ancestors[-1].slug if ancestors else None,
            "ancestors": [_short(c, base_url) for c in ancestors],
            "children": [_short(c, base_url) for c in Category.objects.get_children(category)],
        }
    )


def _short(category: Category, base_url: str) -> dict[str, object]:
    return {"slug": category.slug, "name": category.name, "url": _url(base_url, category.slug)}


def _url(base_url: str, slug: str) -> str:
    return f"{base_url}/api/v1/categories/{slug}"
