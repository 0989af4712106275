"""Paths beside the API: no version, no credentials."""

from django.urls import path

from core.platform import documentation
from core.platform.api import platform

urlpatterns = [
    path("", platform.RootView.as_view(), name="root"),
    path("hello/<str:name>", platform.HelloView.as_view(), name="hello"),
    path("health", platform.HealthView.as_view(), name="health"),
    path("health/ready", platform.ReadinessView.as_view(), name="readiness"),
    path("metrics", platform.MetricsView.as_view(), name="metrics"),
    path("api/schema", documentation.SchemaView.as_view(), name="schema"),
    path("api/docs", documentation.DocsView.as_view(), name="docs"),
]
