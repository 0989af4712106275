"""Mails in the reader's language: nothing left in English, nothing that breaks where directions meet."""

import re
from decimal import Decimal
from pathlib import Path

import pytest
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from django.conf import settings as project
from django.template import engines
from django.templatetags.i18n import BlockTranslateNode, TranslateNode
from django.urls import reverse
from django.utils import translation

from core.mail import rendering
from core.mail.models import Mail
from core.templatetags.mails import amount, isolated

ROOT = Path(project.BASE_DIR)
CATALOGUE = ROOT / "locale/he/LC_MESSAGES/django.po"
PLACEHOLDER = re.compile(r"%\(\w+\)s")
LRI, FSI, PDI = "\u2066", "\u2068", "\u2069"


def _catalogue():
    with CATALOGUE.open("rb") as file:
        return read_po(file, locale="he", domain="django")


def _texts(catalogue):
    return {_hashable(message.id): _hashable(message.string) for message in catalogue if message.id}


def _hashable(text):
    """What has a plural comes as a list, or as a tuple."""
    return text if isinstance(text, str) else tuple(text)


def _said(template):
    """The messages of one template, as gettext looks them up; a pair where there is a plural."""
    nodes = template.nodelist
    for node in nodes.get_nodes_by_type(TranslateNode):
        yield node.filter_expression.var.literal
    for node in nodes.get_nodes_by_type(BlockTranslateNode):
        one = node.render_token_list(node.singular)[0]
        yield (one, node.render_token_list(node.plural)[0]) if node.plural else one


@pytest.fixture(scope="module")
def said():
    """Every message of every template of ours."""
    django = engines["django"]
    files = [
        file
        for directory in django.template_dirs
        if ROOT in directory.parents and ".venv" not in directory.parts
        for file in directory.rglob("*.*")
    ]
    return {message for file in files for message in _said(django.from_string(file.read_text()).template)}


def test_catalogue__compiled__is_what_was_written():
    with CATALOGUE.with_suffix(".mo").open("rb") as file:
        compiled = read_mo(file)

    assert _texts(compiled) == _texts(_catalogue()), "Run: make messages"


def test_catalogue__every_message_of_a_template__is_translated(said):
    written = {message.id: message for message in _catalogue() if message.id}

    assert said == set(written)
    for message in written.values():
        texts = [message.string] if isinstance(message.string, str) else message.string
        assert all(texts), message.id
        assert not message.fuzzy


def test_catalogue__placeholders__are_those_of_the_message():
    for message in _catalogue():
        if message.id and isinstance(message.id, str):
            assert sorted(PLACEHOLDER.findall(message.string)) == sorted(PLACEHOLDER.findall(message.id))


def test_samples__in_hebrew__are_laid_out_from_right_to_left():
    with translation.override("he"):
        samples = rendering.samples()

    for template, mail in samples.items():
        assert '<html lang="he" dir="rtl">' in mail.html, template
        assert re.search("[א-ת]", mail.subject), template
        for part in (mail.subject, mail.text, mail.html):
            assert part.count(LRI) + part.count(FSI) == part.count(PDI), template


def test_samples__in_english__hold_no_invisible_letters():
    with translation.override("en"):
        samples = rendering.samples()

    for mail in samples.values():
        assert not set(mail.subject + mail.text + mail.html) & {LRI, FSI, PDI}


@pytest.mark.parametrize(
    ("language", "value", "currency", "text"),
    [
        ("en", "1234567.50", "EUR", "1,234,567.50 EUR"),
        ("en", "0.00", "USD", "0.00 USD"),
        ("en", "-5.48", "EUR", "-5.48 EUR"),
        ("en", "12500.00", "JPY", "12,500 JPY"),
        ("en", "1.25", "KWD", "1.250 KWD"),
        ("he", "1234.50", "ILS", f"{LRI}1,234.50 ILS{PDI}"),
        ("he", "-5.48", "ILS", f"{LRI}-5.48 ILS{PDI}"),
    ],
)
def test_amount__language_and_currency__decide_how_it_is_written(language, value, currency, text):
    with translation.override(language):
        assert amount(Decimal(value), currency) == text


@pytest.mark.parametrize(
    ("language", "words", "text"),
    [
        ("en", "Mug (blue)", "Mug (blue)"),
        ("en", "ספל (כחול)", f"{FSI}ספל (כחול){PDI}"),
        ("he", "Mug (blue)", f"{FSI}Mug (blue){PDI}"),
    ],
)
def test_isolated__where_directions_may_meet__words_stand_by_themselves(language, words, text):
    with translation.override(language):
        assert isolated(words) == text


@pytest.mark.parametrize(
    ("accepted", "subject"),
    [
        ("he-IL,he;q=0.9,en;q=0.5", "אימות כתובת הדוא״ל"),
        ("en", "Verify your e-mail address"),
        ("fr", "Verify your e-mail address"),
        ("", "Verify your e-mail address"),
        ("*;q=x, \x01", "Verify your e-mail address"),
    ],
)
@pytest.mark.django_db
def test_register__accept_language__is_that_of_the_mail(client, accepted, subject):
    body = {"email": "new@shop.test", "password": "a-Long-enough-1-password"}

    answer = client.post(
        reverse("register"), body, content_type="application/json", headers={"Accept-Language": accepted}
    )

    assert answer.status_code == 201, answer.content
    assert Mail.objects.get().subject == subject
    assert translation.get_language() == project.LANGUAGE_CODE


@pytest.mark.urls("localstack.urls")
@pytest.mark.parametrize(("language", "direction"), [("en", "ltr"), ("he", "rtl")])
def test_preview__language__shows_the_mails_in_it(client, language, direction):
    page = client.get(reverse("mail_preview"), {"language": language}).content.decode()

    assert f"lang=&quot;{language}&quot; dir=&quot;{direction}&quot;" in page


@pytest.mark.urls("localstack.urls")
def test_preview__language_that_there_is_not__is_404(client):
    assert client.get(reverse("mail_preview"), {"language": "xx"}).status_code == 404
