"""What staff can give, take over and find out in the admin, where they are no superusers."""

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.urls import reverse
from django.utils import timezone

from accounts.models import Session, User
from accounts.services import verification
from core.http.admin import ShownLookups
from core.mail.models import Mail
from orders.models import Order
from tests.accounts.test_admin import PLAIN_FILES, page
from tests.accounts.test_sessions import make_session
from tests.architecture.house import SHOP
from tests.factories.accounts import PASSWORD, UserFactory
from tests.factories.orders import OrderFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def clerk():
    """Staff who change users and groups, and look at mails, sessions and orders."""
    user = UserFactory(staff=True, email="clerk@shop.test")
    names = [
        "change_user",
        "add_user",
        "change_group",
        "view_mail",
        "view_session",
        "view_order",
        "view_cart",
    ]
    user.user_permissions.set(Permission.objects.filter(codename__in=names))
    return user


@pytest.fixture
def desk(client, settings, clerk):
    settings.STORAGES = {**settings.STORAGES, "staticfiles": PLAIN_FILES}
    client.force_login(clerk)
    return client


def _form(user, **change):
    fields = {"email": user.email, "name": user.name, "is_active": "on"}
    return {name: value for name, value in {**fields, **change}.items() if value is not None}


def test_user_change__superuser_ticked_on_oneself__is_not_given(desk, clerk):
    desk.post(page("user_change", clerk.pk), _form(clerk, is_staff="on", is_superuser="on"))

    clerk.refresh_from_db()
    assert (clerk.is_staff, clerk.is_superuser) == (True, False)


@pytest.mark.parametrize("to_oneself", [True, False])
def test_user_change__rights_that_one_lacks__are_refused(desk, clerk, to_oneself):
    target = clerk if to_oneself else UserFactory()
    mighty = Group.objects.create(name="mighty")
    lacked = Permission.objects.get(codename="delete_group")
    mighty.permissions.add(lacked)

    for change in ({"user_permissions": [lacked.pk]}, {"groups": [mighty.pk]}):
        response = desk.post(page("user_change", target.pk), _form(target, is_staff="on", **change))

        assert response.context["adminform"].errors
    assert not User.objects.get(pk=target.pk).has_perm("auth.delete_group")


def test_user_change__rights_that_one_has__are_given(desk, clerk):
    target = UserFactory()
    had = clerk.user_permissions.get(codename="view_mail")

    response = desk.post(page("user_change", target.pk), _form(target, user_permissions=[had.pk]))

    assert response.status_code == 302
    assert list(target.user_permissions.all()) == [had]


@pytest.mark.parametrize("is_active", [True, False])
@pytest.mark.parametrize("traits", [{"admin": True}, {"staff": True}])
def test_user_change__somebody_with_more_rights__is_not_theirs_to_change(desk, traits, is_active):
    boss = UserFactory(**traits, is_active=is_active)
    boss.user_permissions.add(Permission.objects.get(codename="delete_group"))

    answers = [
        desk.post(page("user_change", boss.pk), _form(boss, email="mine@shop.test")),
        desk.post(
            reverse("admin:auth_user_password_change", args=[boss.pk]),
            {"password1": "another 7 Horse", "password2": "another 7 Horse", "usable_password": "true"},
        ),
    ]

    boss.refresh_from_db()
    assert [answer.status_code for answer in answers] == [403, 403]
    assert boss.check_password(PASSWORD)
    assert boss.email != "mine@shop.test"


def test_group_change__rights_that_one_lacks__are_refused(desk, clerk):
    own, mighty = Group.objects.create(name="own"), Group.objects.create(name="mighty")
    lacked = Permission.objects.get(codename="delete_group")
    clerk.groups.add(own)
    mighty.permissions.add(lacked)

    own_change, mighty_change = (
        desk.post(
            reverse("admin:auth_group_change", args=[group.pk]), {"name": "x", "permissions": [lacked.pk]}
        )
        for group in (own, mighty)
    )

    assert own_change.context["adminform"].errors
    assert mighty_change.status_code == 403
    assert not own.permissions.exists()


def test_mail_page__holds_a_token__does_not_show_it(desk):
    verification.send_link(UserFactory(), language="en")
    mail = Mail.objects.get()
    token = verification.token_of(User.objects.latest("created_at"))

    shown = desk.get(reverse("admin:core_mail_change", args=[mail.pk])).content.decode()

    assert mail.subject in shown
    assert token.split(":")[0] in mail.text
    assert token.split(":")[0] not in shown


ORACLES = [
    ("accounts_session", {"refresh_hash__startswith": "a"}),
    ("accounts_user", {"password__startswith": "a"}),
    ("core_mail", {"text__contains": "a"}),
    ("orders_order", {"token_hash__startswith": "a"}),
    ("orders_order", {"customer__password__startswith": "a"}),
    ("orders_cart", {"token_hash__startswith": "a"}),
]


@pytest.mark.parametrize(("list_", "lookup"), ORACLES)
def test_list__filter_by_what_it_does_not_show__is_refused(desk, list_, lookup):
    response = desk.get(reverse(f"admin:{list_}_changelist"), lookup)

    assert response.status_code == 400


def test_list__filter_that_it_offers__is_taken(desk):
    OrderFactory()

    response = desk.get(
        reverse("admin:orders_order_changelist"), {"status__exact": Order.objects.get().status}
    )

    assert (response.status_code, len(response.context["cl"].result_list)) == (200, 1)


def test_admin__every_list_of_ours__is_filtered_by_what_it_shows():
    lists = [a for m, a in admin.site._registry.items() if type(a).__module__.split(".")[0] in SHOP]

    assert len(lists) > 10
    assert [type(a).__name__ for a in lists if not isinstance(a, ShownLookups)] == []


def _own_password(client, user):
    client.force_login(user)
    form = {"old_password": PASSWORD, "new_password1": "another 7 Horse", "new_password2": "another 7 Horse"}
    return client.post(reverse("admin:password_change"), form)


def test_own_password__changed_in_the_admin__ends_the_sessions_of_the_api(desk, clerk):
    session = make_session(clerk)

    response = _own_password(desk, clerk)

    session.refresh_from_db()
    assert response.status_code == 302
    assert session.revoked_at is not None


@pytest.mark.parametrize("change", [{"is_active": None}, {"email": "new@shop.test"}])
def test_user_change__deactivated_or_another_address__ends_the_sessions(desk, change):
    target = UserFactory(email_verified_at=timezone.now())
    session = make_session(target)

    response = desk.post(page("user_change", target.pk), _form(target, **change))

    session.refresh_from_db()
    target.refresh_from_db()
    assert response.status_code == 302
    assert session.revoked_at is not None
    assert target.is_email_verified is ("email" not in change)


def test_user_change__new_address__gets_a_link(desk):
    target = UserFactory(email_verified_at=timezone.now())

    desk.post(page("user_change", target.pk), _form(target, email="new@shop.test"))

    assert Mail.objects.get().to == "new@shop.test"


def test_user_change__name__leaves_sessions_alone(desk):
    target = UserFactory(email_verified_at=timezone.now())
    make_session(target)

    desk.post(page("user_change", target.pk), _form(target, name="Dora"))

    assert Session.objects.live(timezone.now()).count() == 1
    assert User.objects.get(pk=target.pk).is_email_verified
