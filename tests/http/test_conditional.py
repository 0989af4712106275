import pytest
from django.test import RequestFactory

from core.errors import PreconditionFailed
from core.http.conditional import bytes_response, check_if_match, etag_of

BODY = b'{"a":1}'
ETAG = etag_of(BODY)


def _request(**headers):
    return RequestFactory().get("/", headers=headers)


@pytest.mark.parametrize("offered", [ETAG, f"W/{ETAG}", f'"other", {ETAG}', "*"])
def test_if_none_match__names_the_present_version__is_304_without_a_body(offered):
    response = bytes_response(_request(**{"If-None-Match": offered}), BODY, etag=ETAG, cache_control="x")

    assert (response.status_code, response.content) == (304, b"")
    assert (response["ETag"], response["Cache-Control"]) == (ETAG, "x")


@pytest.mark.parametrize("offered", ['"other"', "", "garbage", '"', ETAG.strip('"')])
def test_if_none_match__names_another__is_200(offered):
    response = bytes_response(_request(**{"If-None-Match": offered}), BODY, etag=ETAG, cache_control="x")

    assert (response.status_code, response.content) == (200, BODY)


@pytest.mark.parametrize("offered", [ETAG, f"W/{ETAG}", f'"other", {ETAG}', "*"])
def test_if_match__names_the_present_version__passes(offered):
    check_if_match(_request(**{"If-Match": offered}), ETAG)


@pytest.mark.parametrize("offered", ['"other"', "", "garbage", ETAG.strip('"')])
def test_if_match__names_another__is_refused(offered):
    with pytest.raises(PreconditionFailed):
        check_if_match(_request(**{"If-Match": offered}), ETAG)


def test_if_match__not_given__passes():
    check_if_match(_request(), ETAG)
