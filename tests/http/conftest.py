import pytest
from django.test import Client


@pytest.fixture
def shop(settings):
    """A client of tests/http/urls.py that gets the 500 as a stranger would."""
    settings.ROOT_URLCONF = "tests.http.urls"
    return Client(raise_request_exception=False)
