from functools import partialmethod

import jwt
import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher, make_password

from accounts import keys
from accounts.hashers import Argon2Hasher
from accounts.models import Session, User
from tests.factories.accounts import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db


def test_login__right_password__gives_tokens_and_starts_a_session(post, alice):
    body = {"email": "ALICE@shop.test ", "password": PASSWORD}

    response = post("login", body, headers={"user-agent": "Phone"}, REMOTE_ADDR="192.0.2.7")

    pair, session = response.json(), Session.objects.get()
    assert response.status_code == 200
    assert set(pair) == {"access", "refresh", "token_type", "expires_in"}
    assert (pair["token_type"], pair["expires_in"]) == ("Bearer", 300)
    assert response["Cache-Control"] == "no-store"
    assert (session.user_id, session.user_agent, session.address) == (alice.pk, "Phone", "192.0.2.7")
    assert session.refresh_hash not in pair["refresh"]


def test_login__tokens__verify_with_the_published_key(post, client, alice):
    access = post("login", {"email": alice.email, "password": PASSWORD}).json()["access"]

    published = client.get("/.well-known/jwks.json").json()["keys"]
    key = {k["kid"]: k for k in published}[jwt.get_unverified_header(access)["kid"]]
    claims = jwt.decode(access, jwt.PyJWK(key), algorithms=["EdDSA"], audience="shop", issuer="shop")
    assert (claims["sub"], claims["staff"], claims["token_type"]) == (str(alice.pk), False, "access")
    assert claims["exp"] - claims["iat"] == 300


@pytest.mark.parametrize(
    "body",
    [
        {"email": "alice@shop.test", "password": "wrong"},
        {"email": "charlie@shop.test", "password": PASSWORD},
        {"email": "not an address", "password": PASSWORD},
    ],
)
def test_login__wrong__says_no_more_than_that(post, alice, body):
    response = post("login", body)

    problem = response.json()
    assert (response.status_code, problem["code"]) == (401, "wrong_credentials")
    assert problem["detail"] == "E-mail or password is wrong"
    assert response["WWW-Authenticate"].startswith("Bearer")
    assert not Session.objects.exists()


def test_login__inactive__is_refused_like_a_wrong_password(post, alice):
    User.objects.update(is_active=False)

    response = post("login", {"email": alice.email, "password": PASSWORD})

    assert (response.status_code, response.json()["code"]) == (401, "wrong_credentials")


COMPOSED, DECOMPOSED = "Caf\u00e9 au lait 7", "Cafe\u0301 au lait 7"


@pytest.mark.parametrize(("chosen", "typed"), [(COMPOSED, DECOMPOSED), (DECOMPOSED, COMPOSED)])
def test_login__other_form_of_the_same_letters__is_the_password(post, alice, chosen, typed):
    alice.set_password(chosen)
    alice.save()

    assert post("login", {"email": alice.email, "password": typed}).status_code == 200


def test_login__hash_of_what_was_typed_before__is_renewed_and_takes_both_forms(post, alice):
    User.objects.update(password=make_password(DECOMPOSED))

    answers = [post("login", {"email": alice.email, "password": p}) for p in (DECOMPOSED, COMPOSED)]

    assert [answer.status_code for answer in answers] == [200, 200]


@pytest.mark.parametrize("email", ["alice@shop.test", "charlie@shop.test"])
@pytest.mark.parametrize(("password", "hashes"), [("wrong", 1), (DECOMPOSED, 2)])
def test_login__known_or_unknown__costs_as_many_hashes(post, alice, monkeypatch, *, email, password, hashes):
    done = []
    for name in ("encode", "verify"):
        original = getattr(Argon2Hasher, name)
        counted = partialmethod(lambda self, call, *args: done.append(1) or call(self, *args), original)
        monkeypatch.setattr(Argon2Hasher, name, counted)

    post("login", {"email": email, "password": password})

    assert len(done) == hashes


@pytest.mark.parametrize("email", ["alice@shop.test", "charlie@shop.test"])
def test_login__known_or_unknown__costs_one_hash(post, alice, email, monkeypatch):
    hashes = []
    for name in ("encode", "verify"):
        original = getattr(Argon2Hasher, name)
        counted = partialmethod(lambda self, call, *args: hashes.append(1) or call(self, *args), original)
        monkeypatch.setattr(Argon2Hasher, name, counted)

    post("login", {"email": email, "password": "wrong"})

    assert len(hashes) == 1


def test_login__account_without_a_password__is_refused(post):
    UserFactory(email="guest@shop.test", password=None)

    response = post("login", {"email": "guest@shop.test", "password": "!"})

    assert response.status_code == 401


def test_login__imported_pbkdf2_hash__is_renewed(post, alice):
    User.objects.update(password=make_password(PASSWORD, hasher=PBKDF2PasswordHasher()))

    response = post("login", {"email": alice.email, "password": PASSWORD})

    alice.refresh_from_db()
    assert response.status_code == 200
    assert alice.password.startswith("argon2$")


@pytest.mark.parametrize(
    "body",
    [{}, [], {"email": "a@b.c"}, {"email": {}, "password": []}, {"email": "a" * 255, "password": "x"}],
)
def test_login__bad_body__is_400(post, body):
    response = post("login", body)

    assert response.status_code == 400


def test_login__long_user_agent__is_cut(post, alice):
    body = {"email": alice.email, "password": PASSWORD}

    response = post("login", body, headers={"user-agent": "x" * 5000}, REMOTE_ADDR="nonsense")

    session = Session.objects.get()
    assert (response.status_code, len(session.user_agent), session.address) == (200, 300, None)


@pytest.mark.parametrize("others", [0, 30])
def test_login__queries__one_read_and_one_write(post, alice, others, django_assert_num_queries):
    UserFactory.create_batch(others, password=None)

    with django_assert_num_queries(2):
        post("login", {"email": alice.email, "password": PASSWORD})


def test_login__no_key__is_503_not_500(post, alice, settings, tmp_path):
    settings.JWT_KEYS_DIR = str(tmp_path)

    response = post("login", {"email": alice.email, "password": PASSWORD})

    assert (response.status_code, response.json()["code"]) == (503, "no_signing_key")
    assert response["Retry-After"]
    assert keys.ring().all() == []
