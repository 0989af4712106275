"""Every path of the shop. Apps bring their own; there is no trailing slash under /api/v1."""

from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from accounts.urls import well_known

# Tried in this order, one by one: what is asked for most stands first.
api: list[URLPattern | URLResolver] = [
    path("", include(f"{app}.urls")) for app in ("catalog", "orders", "todos", "accounts", "core")
]
urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/", include(api)),
    path("", include("core.platform.urls")),
    path("admin/", admin.site.urls),
    path(".well-known/", include(well_known)),
]

urlpatterns += [path("", include(urls)) for urls in settings.WORKSHOP_URLS]

handler400 = "core.http.problems.bad_request"
handler403 = "core.http.problems.permission_denied"
handler404 = "core.http.problems.page_not_found"
handler500 = "core.http.problems.server_error"
