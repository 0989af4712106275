import pytest
from django.contrib import admin
from django.urls import reverse

from catalog.models import Category, Location, StockEntry, StockLevel
from tests.factories.catalog import CategoryFactory, LocationFactory, ProductFactory, VariantFactory

pytestmark = pytest.mark.django_db
MODELS = [m for m in admin.site._registry if m._meta.app_label == "catalog"]


def url(model, page="changelist", *args):
    return reverse(f"admin:catalog_{model._meta.model_name}_{page}", args=args)


def fill(size):
    for _ in range(size):
        ProductFactory(category=CategoryFactory(), variant__stock=1)


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m.__name__)
def test_list__more_rows__takes_no_more_queries(office, model, django_assert_max_num_queries):
    fill(3)
    office.get(url(model))

    with django_assert_max_num_queries(14) as few:
        assert office.get(url(model)).status_code == 200
    fill(6)
    with django_assert_max_num_queries(len(few)):
        assert office.get(url(model)).status_code == 200


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m.__name__)
def test_list__search_and_change_page__open(office, model):
    fill(1)
    row = model.objects.first()

    assert office.get(url(model), {"q": "1"}).status_code == 200
    if row:
        assert office.get(url(model, "change", row.pk)).status_code == 200


def test_stock__change_with_reason__is_in_the_ledger(office):
    level = StockLevel.objects.get(variant=VariantFactory(stock=5))
    form = {"change": "-2", "reason": "written_off", "cause": "water"}

    office.post(url(StockLevel, "change", level.pk), form)

    level.refresh_from_db()
    entry = StockEntry.objects.order_by("id").last()
    assert (level.on_hand, entry.on_hand_change, entry.reason, entry.cause) == (3, -2, "written_off", "water")
    assert entry.actor.startswith("user:")


@pytest.mark.parametrize(
    "form",
    [
        {"change": "-9"},
        {"change": "0"},
        {"cause": ""},
        {"reason": "returned", "cause": " order: S-2H4K9-7QX came back"},  # which would be that order's
        {"on_hand": "9", "change": ""},
    ],
)
def test_stock__bad_change__is_refused(office, form):
    level = StockLevel.objects.get(variant=VariantFactory(stock=5))
    given = {"change": "1", "reason": "adjusted", "cause": "count", **form}

    office.post(url(StockLevel, "change", level.pk), given, follow=True)

    level.refresh_from_db()
    assert level.on_hand == 5


def test_stock__variant_at_a_new_location__gets_a_level(office):
    variant, attic = VariantFactory(), LocationFactory(code="attic")
    form = {"variant": variant.pk, "location": attic.pk, "change": "4", "reason": "received", "cause": "x"}

    answer = office.post(url(StockLevel, "add"), form)

    assert answer.status_code == 302
    assert StockLevel.objects.get(location=attic).on_hand == 4


def test_category__added_below_and_moved__keeps_the_tree(office):
    CategoryFactory(slug="food")
    parent = CategoryFactory(slug="furniture")
    office.post(url(Category, "add"), {"name": "Chairs", "slug": "chairs", "parent": parent.pk})
    chairs = Category.objects.get(slug="chairs")
    assert Category.objects.get_parent(chairs).slug == "furniture"

    office.post(url(Category, "change", chairs.pk), {"name": "Chairs", "slug": "seats", "parent": ""})

    chairs = Category.objects.get(slug="seats")
    assert (chairs.depth, Category.objects.find_problems()) == (1, ([], [], [], [], []))


def test_category__deleted_with_products__is_refused(office):
    category = ProductFactory(category=CategoryFactory()).category

    office.post(url(Category, "delete", category.pk), {"post": "yes"}, follow=True)

    assert Category.objects.filter(pk=category.pk).exists()


def test_location__added__can_be_used(office):
    office.post(url(Location, "add"), {"code": "attic", "name": "Attic", "priority": "3"})

    assert Location.objects.get(code="attic").priority == 3
