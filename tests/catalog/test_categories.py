import pytest

from catalog.models import Category
from tests.factories.catalog import CategoryFactory, ProductFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def tree():
    furniture = CategoryFactory(slug="furniture", name="Furniture")
    chairs = CategoryFactory(slug="chairs", name="Chairs", parent=furniture)
    CategoryFactory(slug="stools", name="Stools", parent=chairs)
    CategoryFactory(slug="tables", name="Tables", parent=furniture)
    CategoryFactory(slug="food", name="Food")


def outline(nodes):
    return {node["slug"]: outline(node["children"]) for node in nodes}


def test_tree__nested__children_lie_in_their_parents(tree, anybody, django_assert_num_queries):
    with django_assert_num_queries(1):
        body = anybody.get("/categories").json()
    with django_assert_num_queries(0):
        anybody.get("/categories")

    assert outline(body["results"]) == {"furniture": {"chairs": {"stools": {}}, "tables": {}}, "food": {}}
    assert (body["next"], body["previous"]) == (None, None)


def test_category__in_the_middle__knows_its_place(tree, anybody):
    body = anybody.get("/categories/chairs").json()

    assert (body["name"], body["parent"]) == ("Chairs", "furniture")
    assert [c["slug"] for c in body["ancestors"]] == ["furniture"]
    assert [c["slug"] for c in body["children"]] == ["stools"]


def test_category__unknown__is_404(anybody):
    assert anybody.get("/categories/nowhere").status_code == 404


@pytest.mark.parametrize("path", ["/categories?depth=2", "/categories/chairs?depth=2"])
def test_read__unknown_parameter__is_400(tree, anybody, path):
    response = anybody.get(path)

    assert (response.status_code, response.json()["errors"][0]["field"]) == (400, "depth")


@pytest.mark.parametrize(
    "call",
    [
        ("post", "/categories", {"name": "X"}),
        ("patch", "/categories/food", {"name": "X"}),
        ("delete", "/categories/food", None),
    ],
)
def test_write__stranger_or_customer__is_refused(tree, anybody, customer, call):
    method, path, body = call

    refused = [getattr(who, method)(path, body).status_code for who in (anybody, customer)]

    assert refused == [401, 403]
    assert Category.objects.get(slug="food").name == "Food"


@pytest.mark.django_db(transaction=True)
def test_write__create_move_rename_delete__are_seen_by_the_next_read(tree, staff, anybody):
    seen = []
    for method, path, body in [
        ("post", "/categories", {"name": "Bar Stools", "parent": "stools"}),
        ("patch", "/categories/stools", {"parent": "food"}),
        ("patch", "/categories/stools", {"parent": None, "slug": "seats", "name": "Seats"}),
        ("delete", "/categories/bar-stools", None),
    ]:
        response = getattr(staff, method)(path, body)
        seen.append((response.status_code, outline(anybody.get("/categories").json()["results"])))

    furniture = {"chairs": {}, "tables": {}}
    assert seen == [
        (201, {"furniture": {"chairs": {"stools": {"bar-stools": {}}}, "tables": {}}, "food": {}}),
        (200, {"furniture": furniture, "food": {"stools": {"bar-stools": {}}}}),
        (200, {"furniture": furniture, "food": {}, "seats": {"bar-stools": {}}}),
        (204, {"furniture": furniture, "food": {}, "seats": {}}),
    ]


@pytest.mark.django_db(transaction=True)
def test_write__new_slug__is_seen_in_cached_products(tree, staff, anybody):
    ProductFactory(slug="stool", category=Category.objects.get(slug="chairs"))
    paths = ("/products/stool", "/products?category=furniture")
    for path in paths:
        anybody.get(path)

    staff.patch("/categories/chairs", {"slug": "seats"})

    assert anybody.get(paths[0]).json()["category"] == "seats"
    assert anybody.get(paths[1]).json()["results"][0]["category"] == "seats"


@pytest.mark.parametrize(
    ("call", "status", "field"),
    [
        (("post", "/categories", {}), 400, "name"),
        (("post", "/categories", {"name": "X", "slug": "no spaces"}), 400, "slug"),
        (("post", "/categories", {"name": "X", "slug": "food"}), 409, "slug"),
        (("post", "/categories", {"name": "X", "parent": "nowhere"}), 400, "parent"),
        (("patch", "/categories/food", {"slug": "chairs"}), 409, "slug"),
        (("patch", "/categories/furniture", {"parent": "stools"}), 400, "parent"),
        (("patch", "/categories/furniture", {"parent": "furniture"}), 400, "parent"),
        (("patch", "/categories/nowhere", {"name": "X"}), 404, None),
        (("delete", "/categories/nowhere", None), 404, None),
        (("delete", "/categories/furniture", None), 409, None),
    ],
)
def test_write__bad_payload__is_refused(tree, staff, call, status, field):
    method, path, body = call

    response = getattr(staff, method)(path, body)

    assert response.status_code == status, response.content
    assert field is None or response.json()["errors"][0]["field"] == field
    assert Category.objects.count() == 5


def test_delete__with_products__is_409(tree, staff):
    ProductFactory(category=Category.objects.get(slug="food"))

    assert staff.delete("/categories/food").status_code == 409
