"""A6, R18, R35 short: limits hold for the client and the account, and without Redis."""

import socket
import threading
import time

import pytest
from django.db import connection

from tests.factories.accounts import PASSWORD

WRONG = {"email": "alice@shop.test", "password": "wrong"}
pytestmark = pytest.mark.django_db


@pytest.fixture
def narrow(settings):
    """Few enough tries for a test; the window is long, so that it does not end in one."""
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "login": (5, 86_400), "login_account": (3, 86_400)}


def statuses(post, count, body=WRONG, **extra):
    return [post("login", body, **extra).status_code for _ in range(count)]


def try_account(post, number, **extra):
    """The status of a guess at an account that nobody tried before."""
    return post("login", {"email": f"p{number}@shop.test", "password": "x"}, **extra).status_code


def without_redis(settings, url):
    options = {**settings.CACHES["limits"], "LOCATION": url}
    settings.CACHES = {**settings.CACHES, "limits": options}


def test_login__sixth_try_of_a_client__is_429_with_retry_after(post, narrow):
    for number in range(5):
        post("login", {"email": f"person{number}@shop.test", "password": "wrong"})

    response = post("login", {"email": "another@shop.test", "password": "wrong"})

    assert (response.status_code, response["Content-Type"]) == (429, "application/problem+json")
    assert 1 <= int(response["Retry-After"]) <= 86_400


def test_login__fourth_try_at_an_account__is_429_even_with_the_right_password(post, narrow, alice):
    statuses(post, 3)

    response = post("login", {"email": " ALICE@shop.test", "password": PASSWORD})

    assert response.status_code == 429


def test_login__account_tried_by_a_stranger__is_open_to_its_owner_elsewhere(post, narrow, alice):
    statuses(post, 10, REMOTE_ADDR="203.0.113.9")

    response = post("login", {"email": alice.email, "password": PASSWORD}, REMOTE_ADDR="198.51.100.7")

    assert response.status_code == 200


def test_login__addresses_of_one_neighbourhood__share_the_tries_at_an_account(post, narrow):
    answers = [post("login", WRONG, REMOTE_ADDR=f"203.0.113.{n}").status_code for n in range(1, 6)]

    assert answers == [401, 401, 401, 429, 429]


@pytest.mark.parametrize("network", ["2001:db8:1:2:{:x}::1", "2001:db8:1:2::{:x}"])
def test_login__addresses_of_one_ipv6_client__count_as_one(post, narrow, network):
    answers = [
        post(
            "login", {"email": f"p{n}@shop.test", "password": "x"}, REMOTE_ADDR=network.format(n)
        ).status_code
        for n in range(1, 8)
    ]

    assert answers == [401] * 5 + [429] * 2


def test_login__ipv4_in_ipv6_form__is_counted_apart(post, narrow):
    answers = [try_account(post, n, REMOTE_ADDR=f"::ffff:192.0.2.{n}") for n in range(1, 8)]

    assert answers == [401] * 7


def test_login__forged_forwarded_for_of_a_stranger__does_not_dodge_the_limit(post, narrow):
    answers = [
        try_account(post, n, REMOTE_ADDR="203.0.113.9", headers={"X-Forwarded-For": f"198.51.100.{n}"})
        for n in range(1, 8)
    ]

    assert answers == [401] * 5 + [429] * 2


def test_login__forwarded_for_through_nginx__counts_the_last_entry(post, narrow):
    answers = [
        try_account(post, n, REMOTE_ADDR="127.0.0.1", headers={"X-Forwarded-For": f"10.9.8.{n}, 203.0.113.9"})
        for n in range(1, 8)
    ]

    assert answers == [401] * 5 + [429] * 2


@pytest.mark.django_db(transaction=True)
def test_login__thirty_at_once__no_more_than_the_limit_pass(post, narrow):
    start, answers = threading.Barrier(30), []

    def guess(number: int) -> None:
        start.wait()
        answers.append(try_account(post, number))
        connection.close()

    threads = [threading.Thread(target=guess, args=[n]) for n in range(30)]
    [t.start() for t in threads]
    [t.join() for t in threads]

    assert (answers.count(401), answers.count(429)) == (5, 25)


def test_login__redis_refuses__limits_still_hold(post, narrow, settings):
    without_redis(settings, "redis://127.0.0.1:1/0")

    assert statuses(post, 6) == [401] * 3 + [429] * 3


def test_login__redis_lost_in_between__gives_no_fresh_allowance(post, narrow, settings):
    before = statuses(post, 3)
    without_redis(settings, "redis://127.0.0.1:1/0")

    assert (before, statuses(post, 2)) == ([401] * 3, [429] * 2)


def test_login__redis_frozen__costs_one_time_out_not_one_each(post, narrow, settings):
    with socket.create_server(("127.0.0.1", 0)) as frozen:
        without_redis(settings, f"redis://127.0.0.1:{frozen.getsockname()[1]}/0")
        started = time.monotonic()
        answers = statuses(post, 6)
        took = time.monotonic() - started

    assert answers == [401] * 3 + [429] * 3
    assert took < 1.5  # twelve counts would wait 3 s


@pytest.mark.parametrize("body", ["[]", "null", '"x"', '{"email": {"a": 1}}'])
def test_login__odd_body__is_400_not_500(post, narrow, body):
    assert post("login", body).status_code == 400


def test_register__limit_of_a_client__is_429(post, settings):
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "register": (1, 86_400)}
    post("register", {"email": "a@shop.test", "password": PASSWORD})

    response = post("register", {"email": "b@shop.test", "password": PASSWORD})

    assert (response.status_code, response.json()["code"]) == (429, "throttled")


def test_login__throttle_scale__widens_the_limit(post, narrow, settings):
    settings.THROTTLE_SCALE = 2

    assert statuses(post, 7) == [401] * 6 + [429]
