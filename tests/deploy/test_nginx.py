"""deploy/nginx/nginx.conf.template in a real nginx, before an application that answers what reached it."""

import http.client
import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import requests

from localstack import ports
from localstack.nginx import Nginx
from localstack.servers import running
from tests.stack import eventually

ROOT = Path(__file__).resolve().parents[2]
LIFETIME = 2.1  # seconds; s-maxage=1 and nginx's clock of whole seconds
CACHEABLE = "public, max-age=0, s-maxage=1, stale-while-revalidate=5"


@dataclass
class Application:
    """Answers every request with the headers it came with, and counts them by path."""

    server: ThreadingHTTPServer
    requests: Counter[str] = field(default_factory=Counter)
    status: int = 200
    cache_control: str = CACHEABLE
    seconds: float = 0
    is_away: bool = False
    go_on: threading.Event = field(default_factory=threading.Event)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    application: Application

    def do_GET(self) -> None:
        application = self.application
        application.requests[self.path] += 1
        if application.is_away:
            self.close_connection = True
            return
        time.sleep(application.seconds)
        if self.path.endswith("/events"):
            self._stream()
            return
        body = json.dumps(dict(self.headers)).encode()
        self.send_response(application.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Cache-Control", application.cache_control)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET  # noqa: N815 - http.server's name

    def _stream(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(b"data: first\n\n")
        self.application.go_on.wait(20)
        self.wfile.write(b"data: second\n\n")
        self.close_connection = True

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def application() -> Iterator[Application]:
    handler = type("ThisHandler", (Handler,), {})
    server = ThreadingHTTPServer((ports.HOST, 0), handler)
    server.daemon_threads = True
    handler.application = Application(server)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield handler.application
    handler.application.go_on.set()
    server.shutdown()
    server.server_close()


@pytest.fixture
def nginx(tmp_path, application) -> Nginx:
    """Not started yet, in a directory with a space in its name."""
    home = tmp_path / "a shop"
    for name in ("state", "static", "media"):
        (home / name).mkdir(parents=True)
    return Nginx(
        template=ROOT / "deploy/nginx/nginx.conf.template",
        state=home / "state",
        access_log=home / "requests.log",
        port=ports.free_port(),
        web_port=application.server.server_port,
        static=home / "static",
        media=home / "media",
    )


@pytest.fixture
def url(nginx, tmp_path) -> Iterator[str]:
    nginx.prepare()
    with running(nginx, log=tmp_path / "nginx.log"):
        yield f"http://{ports.HOST}:{nginx.port}"


def test_nginx__forged_x_forwarded_for__application_sees_the_peer(url):
    seen = requests.get(url, headers={"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"}).json()

    assert seen["X-Forwarded-For"] == ports.HOST
    assert seen["X-Forwarded-Proto"] == "http"


def test_nginx__behind_a_trusted_proxy__application_sees_whom_the_proxy_saw(nginx, tmp_path):
    trusting = replace(nginx, trusted_proxy="127.0.0.0/8")
    trusting.prepare()
    forwarded = {"X-Forwarded-For": "198.51.100.1, 203.0.113.9", "X-Forwarded-Proto": "https"}

    with running(trusting, log=tmp_path / "nginx.log"):
        seen = requests.get(f"http://{ports.HOST}:{nginx.port}", headers=forwarded).json()

    assert seen["X-Forwarded-For"] == "203.0.113.9"
    assert seen["X-Forwarded-Proto"] == "https"


def test_nginx__request_id__is_kept_where_harmless_and_made_otherwise(url):
    kept = requests.get(url, headers={"X-Request-ID": "abcdefgh-1234"})
    made = requests.get(url, headers={"X-Request-ID": 'quote"and more'})

    assert kept.headers["X-Request-ID"] == "abcdefgh-1234"
    assert kept.json()["X-Request-ID"] == "abcdefgh-1234"
    assert '"' not in made.headers["X-Request-ID"]


def test_nginx__answer_from_the_cache__has_a_request_id_of_its_own(url):
    ids = {requests.get(f"{url}/api/v1/products").headers["X-Request-ID"] for _ in range(3)}

    assert len(ids) == 3


@pytest.mark.parametrize("name", ["Authorization", "Cookie", "X-API-Key", "X-Cart-Token", "X-Order-Token"])
@pytest.mark.parametrize("value", ["secret", "0"])
def test_nginx__credentials__are_neither_answered_from_the_cache_nor_fill_it(url, application, name, value):
    requests.get(f"{url}/api/v1/products")

    first = requests.get(f"{url}/api/v1/products", headers={name: value})
    anonymous = requests.get(f"{url}/api/v1/products")

    assert value in first.json().values()
    assert value not in anonymous.json().values()
    assert application.requests["/api/v1/products"] == 2


def test_nginx__private_answer__is_not_kept(url, application):
    application.cache_control = "private, no-cache"

    for _ in range(2):
        requests.get(f"{url}/api/v1/products")

    assert application.requests["/api/v1/products"] == 2


def test_nginx__entry_has_aged__many_readers_answered_at_once_and_one_refresh_behind_them(url, application):
    requests.get(f"{url}/api/v1/products")
    time.sleep(LIFETIME)
    application.seconds = 3

    started = time.monotonic()
    with ThreadPoolExecutor(20) as readers:
        answers = list(readers.map(lambda _: requests.get(f"{url}/api/v1/products"), range(20)))
    took = time.monotonic() - started

    assert {answer.status_code for answer in answers} == {200}
    assert took < application.seconds
    assert eventually(lambda: application.requests["/api/v1/products"] == 2)


def test_nginx__application_is_away__catalogue_stays_readable(url, application):
    requests.get(f"{url}/api/v1/products")
    application.is_away = True
    time.sleep(LIFETIME)

    assert requests.get(f"{url}/api/v1/products").status_code == 200


def test_nginx__application_is_away__problem_document_with_retry_after(url, application):
    application.is_away = True

    answer = requests.post(f"{url}/api/v1/orders", json={})

    assert answer.status_code == 503
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Retry-After"] == "1"
    assert answer.json()["request_id"] == answer.headers["X-Request-ID"]


def test_nginx__body_over_ten_mebibytes__413_as_a_problem(url, application):
    answer = requests.post(f"{url}/api/v1/todos", data=b"x" * (10 * 1024 * 1024 + 1))

    assert (answer.status_code, answer.json()["code"]) == (413, "content_too_large")
    assert application.requests["/api/v1/todos"] == 0


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [("/%zz", 400, "bad_request"), ("/metrics", 404, "not_found"), ("/_refused/400", 404, "not_found")],
)
def test_nginx__what_it_refuses_itself__is_a_problem_document(url, application, path, status, code):
    # Plain http.client: requests would mend the address.
    connection = http.client.HTTPConnection(url.removeprefix("http://"))
    connection.request("GET", path)
    answer = connection.getresponse()
    problem = json.load(answer)
    connection.close()

    assert (answer.status, problem["status"], problem["code"]) == (status, status, code)
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert application.requests[path] == 0


def test_nginx__event_stream__each_event_arrives_when_it_is_sent(url, application):
    with requests.get(f"{url}/api/v1/orders/S-1/events", stream=True, timeout=10) as answer:
        lines = answer.iter_lines()
        first = next(lines)
        application.go_on.set()
        rest = b"".join(lines)

    assert (first, rest) == (b"data: first", b"data: second")


def test_nginx__static_file__far_future_only_where_its_name_carries_its_hash(nginx, url):
    (nginx.static / "site.0123456789ab.css").write_text("body {}")
    (nginx.static / "site.css").write_text("body {}")

    hashed = requests.get(f"{url}/static/site.0123456789ab.css")
    plain = requests.get(f"{url}/static/site.css")

    assert hashed.headers["Content-Type"] == "text/css"
    assert hashed.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert plain.headers["Cache-Control"] == "public, max-age=3600"


def test_nginx__upload_that_is_a_page__runs_nothing(nginx, url):
    (nginx.media / "evil.svg").write_text(
        "<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
    )

    answer = requests.get(f"{url}/media/evil.svg")

    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_nginx__request_log__has_what_reached_the_application_and_no_cached_answer(nginx, url):
    for number in range(3):
        requests.get(f"{url}/api/v1/products", headers={"X-Request-ID": f"from-cache-{number}"})
    requests.get(f"{url}/api/v1/orders", headers={"X-Request-ID": "passed-on"})

    def logged() -> set[str]:
        return {json.loads(line)["request_id"] for line in nginx.access_log.read_text().splitlines()}

    eventually(lambda: {"from-cache-0", "passed-on"} <= logged())
    assert not logged() & {"from-cache-1", "from-cache-2"}
