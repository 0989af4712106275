"""Paths beside the API: no version, no credentials."""

from django.urls import path

from core.platform import api, documentation

urlpatterns = [
    path("", api.RootView.as_view(), name="root"),
    path("hello/<str:name>", api.HelloView.as_view(), name="hello"),
    path("health", api.HealthView.as_view(), name="health"),
    path("health/ready", api.ReadinessView.as_view(), name="readiness"),
    path("metrics", api.MetricsView.as_view(), name="metrics"),
    path("api/schema", documentation.SchemaView.as_view(), name="schema"),
    path("api/docs", documentation.DocsView.as_view(), name="docs"),
]
