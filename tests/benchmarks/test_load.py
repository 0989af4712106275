import pytest

from benchmarks.errors import BenchmarkError
from benchmarks.load import wrk
from benchmarks.load.request import MARK, Request, post
from benchmarks.load.wrk import Load

OUTPUT = """\
Running 2s test @ http://127.0.0.1:8000
  2 threads and 32 connections
  4974 requests in 2.00s, 4.56MB read
  Non-2xx or 3xx responses: 12
Requests/sec:   2478.02
RESULT {"requests": 4974, "seconds": 2.007314, "bytes": 4780014, "p50_ms": 11.892, "p99_ms": 72.270, \
"bad_status": 12, "socket_errors": 3, "timeouts": 1}
"""


def test_parse__result_line__gives_counts_rates_and_errors():
    result = wrk.parse(OUTPUT)

    assert result == Load(4974, 2.007314, 4780014, 11.892, 72.270, 12, 3, 1)
    assert result.accepted == 4962
    assert result.errors == 16
    assert result.per_second == pytest.approx(2477.9, abs=0.1)


def test_parse__no_result_line__raises_with_the_output():
    with pytest.raises(BenchmarkError, match="unable to connect"):
        wrk.parse("unable to connect to 127.0.0.1:1 Connection refused")


def test_post__with_headers__is_text_that_the_script_reads():
    request = post("/orders", {"quantity": 1}, {"Idempotency-Key": MARK})

    text = request.as_text()

    head, _, body = text.partition("\n\n")
    assert head.splitlines() == [
        "POST /orders",
        "Content-Type: application/json",
        "Idempotency-Key: UNIQUEPERREQUEST__",
    ]
    assert body == '{"quantity": 1}'


def test_request__without_body__still_ends_its_head():
    assert Request("/health").as_text() == "GET /health\n\n"


def test_mark__in_the_lua_script__is_the_same():
    assert f'MARK = "{MARK}"' in wrk.SCRIPT.read_text()


def test_marked__headers_and_body__carry_the_text_instead():
    request = post("/orders", {"email": f"{MARK}@x.test"}, {"Idempotency-Key": MARK}).marked("first")

    assert MARK not in request.as_text()
    assert (request.headers["Idempotency-Key"], request.body) == ("first", '{"email": "first@x.test"}')
