import re

from django.contrib.auth.models import AnonymousUser
from django.test import RequestFactory
from rest_framework.views import APIView

from core.http.lean import LeanReads, Readers
from core.idempotency import decorator
from tests.architecture.house import ROOT, SHOP, routes

NOT_IN_THE_SCHEMA = {"/api/schema", "/api/docs"}
METHODS = {"get", "post", "put", "patch", "delete"}


def _api_routes():
    return [route for route in routes() if route.view and issubclass(route.view, APIView)]


def _in_schema(path):
    return re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", path)


def test_views__all_under_the_api__are_api_views():
    """Anything else would answer without our authentication, permissions and problems."""
    others = [r.path for r in routes() if r.path.startswith("/api/v1/") and r not in _api_routes()]

    assert others == []


def test_views__all__state_their_permissions_themselves():
    silent = [r.view.__name__ for r in _api_routes() if not _states_permissions(r.view)]

    assert silent == []


def _states_permissions(view):
    ours = [c for c in view.__mro__ if c.__module__.split(".")[0] in SHOP]
    return any("permission_classes" in vars(c) for c in ours)


def _lean_views():
    return {r.view for r in _api_routes() if issubclass(r.view, LeanReads)}


def test_lean_reads__closed_to_strangers_by_their_permissions__are_not_open_to_read():
    """`readers` and `permission_classes` are two statements about one view; the first may not be wider."""
    closed = {v for v in _lean_views() if not _is_open_to_strangers(v, "GET")}

    assert closed
    assert [v.__name__ for v in closed if v.readers not in (Readers.CUSTOMERS, Readers.STAFF)] == []


def _is_open_to_strangers(view, method):
    stranger = RequestFactory().generic(method, "/")
    stranger.user = AnonymousUser()
    return all(permission().has_permission(stranger, view()) for permission in view.permission_classes)


def test_idempotent__open_to_guests__names_what_it_knows_a_guest_by():
    """Or a stranger with the key and the body is told the token that the first answer brought."""
    once = {route.view for route in _api_routes() if _is_idempotent(route.view)}
    open_ones = {view for view in once if _is_open_to_strangers(view, "POST")}

    assert "OrdersView" in {view.__name__ for view in open_ones}
    assert [v.__name__ for v in open_ones if not getattr(v, "fingerprint_headers", None)] == []


def _is_idempotent(view):
    codes = [getattr(method, "__code__", None) for method in vars(view).values()]
    return any(code and code.co_filename == decorator.__file__ for code in codes)


def test_lean_reads__of_customers_and_staff__answer_401_to_a_stranger():
    """Before `get` runs: it would fail for want of the path's arguments."""
    closed = {v for v in _lean_views() if v.readers in (Readers.CUSTOMERS, Readers.STAFF)}
    statuses = {v.__name__: v.as_view()(RequestFactory().get("/")).status_code for v in closed}

    assert statuses
    assert set(statuses.values()) == {401}, statuses


def test_lean_reads__with_a_limit__enforce_it_before_get_runs(settings):
    settings.RATE_LIMITS = dict.fromkeys(settings.RATE_LIMITS, (0, 60))
    limited = {v for v in _lean_views() if v.read_throttle_classes and v.readers is Readers.GUESTS}
    statuses = {v.__name__: v.as_view()(RequestFactory().get("/")).status_code for v in limited}

    assert "CartView" in statuses
    assert set(statuses.values()) == {429}, statuses


def test_schema__every_operation__is_in_it(client):
    paths = client.get("/api/schema").json()["paths"]

    missing = [
        f"{method.upper()} {route.path}"
        for route in _api_routes()
        for method in METHODS & {m for m in dir(route.view) if callable(getattr(route.view, m))}
        if route.path not in NOT_IN_THE_SCHEMA and method not in paths.get(_in_schema(route.path), {})
    ]
    assert missing == []


def test_paths__under_the_api__have_no_trailing_slash():
    assert [r.path for r in routes() if r.path.startswith("/api/") and r.path.endswith("/")] == []


def test_tests__every_module_with_views__has_some_that_call_it():
    tests = [p.read_text() for p in (ROOT / "tests").rglob("test_*.py")]
    untested = [r.path for r in routes() if not any(_mentions(text, r.path) for text in tests)]

    assert untested == []


def _mentions(text, path):
    """The path's fixed words, in their order, on one line or in one file that joins them."""
    words = [word for word in re.split(r"/|<[^>]*>", path) if word and word not in ("api", "v1")]
    return all(word in text for word in words)
