"""What receivers read is what was queued, whatever is in it."""

from email import message_from_bytes, policy

import pytest
from django.test import override_settings

from core.mail.letter import Letter
from core.mail.models import Mail


def _received(**fields):
    mail = Mail(**{"to": "ada@shop.test", "subject": "Hello", "text": "Text\n"} | fields)
    sent = Letter(mail).message().as_bytes(linesep="\r\n")
    assert max(map(len, sent.split(b"\r\n"))) <= 78
    assert b"\n" not in sent.replace(b"\r\n", b"")
    return message_from_bytes(sent, policy=policy.default)


def _text(part):
    return part.get_content().replace("\r\n", "\n")


@pytest.mark.parametrize(
    "text",
    [
        "Grüße, שלום ✓\n",
        "one\r\ntwo\rthree\n",
        "no end of line",
        "a line " + "that is long " * 200 + "\n",
        ".\n..\nFrom me\n--=_part\n--=_part--\n=_part =3D\n",
        "ends with blanks  \n\n\n",
        "",
    ],
)
def test_letter__any_text__is_read_as_it_was_written(text):
    letter = _received(text=text, html=f"<p>{text}")

    plain, html = letter.iter_parts()

    assert _text(plain) == text.replace("\r\n", "\n").replace("\r", "\n")
    assert _text(html) == f"<p>{_text(plain)}"
    assert (plain.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")


def test_letter__no_html__is_plain_text():
    letter = _received(html="")

    assert letter.get_content_type() == "text/plain"
    assert _text(letter) == "Text\n"


@pytest.mark.parametrize("subject", ["Your order", "Größe ✓", "ש" * 150, "long words " * 15 + "end"])
def test_letter__any_subject_and_sender__are_read_as_they_were_written(subject):
    with override_settings(DEFAULT_FROM_EMAIL="Grüße & Co <shop@shop.test>"):
        letter = _received(subject=subject, to="ada@bücher.test")

    assert letter["Subject"] == subject
    assert (letter["From"].addresses[0].display_name, letter["To"]) == (
        "Grüße & Co",
        "ada@xn--bcher-kva.test",
    )
    assert letter["Date"].datetime is not None
    assert letter["MIME-Version"] == "1.0"


def test_letter__address_of_two_lines__is_refused():
    with pytest.raises(ValueError, match="Invalid address"):
        _received(to="ada@shop.test\r\nBcc: bob@shop.test")
