"""The schema as a standard validator sees it, and the docs page as a browser does."""

import pytest
from django.test import override_settings
from openapi_spec_validator import OpenAPIV31SpecValidator
from playwright.sync_api import sync_playwright

PLAIN_NAMES = override_settings(
    STORAGES={"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
)


def test_schema__openapi_validator__accepts_it_as_3_1(client):
    schema = client.get("/api/schema").json()

    OpenAPIV31SpecValidator(schema).validate()
    assert schema["openapi"].startswith("3.1")


def test_schema__every_operation__may_answer_with_a_problem(client):
    schema = client.get("/api/schema").json()

    operations = [operation for path in schema["paths"].values() for operation in path.values()]
    assert operations
    assert all("application/problem+json" in o["responses"]["default"]["content"] for o in operations)


def test_schema__known_etag__answers_304(client):
    etag = client.get("/api/schema")["ETag"]

    assert client.get("/api/schema", headers={"If-None-Match": etag}).status_code == 304


def test_docs__page__carries_a_policy_that_allows_no_other_origin_and_no_inline_script(client):
    with PLAIN_NAMES:
        response = client.get("/api/docs")

    policy = response["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert b"//" not in response.content.replace(b"<!doctype", b"")


@pytest.fixture
def page():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield browser.new_page()
        browser.close()


@pytest.mark.django_db(transaction=True)
def test_docs__in_a_browser__list_operations_without_an_outside_asset(live_server, page, tmp_path):
    complaints, asked = [], []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("request", lambda request: asked.append(request.url))

    with PLAIN_NAMES:
        page.goto(f"{live_server.url}/api/docs")
        page.locator(".opblock-summary-path", has_text="todos").first.wait_for()
        page.screenshot(path=tmp_path / "docs.png")

    assert complaints == []
    assert all(url.startswith((live_server.url, "data:", "blob:")) for url in asked)
