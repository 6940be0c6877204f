"""What is written straight down reads to a parser as what the library would have written."""

from email import policy
from email.parser import BytesParser
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stopline.providers.base import Media, Outgoing, Way
from stopline.providers.email.compose import compose
from stopline.providers.email.compose import subject as wanted
from stopline.providers.email.written import written
from stopline.providers.errors import MessageRefused, Misconfigured
from stopline.rules.words import Channel

ID = UUID("01939e5c-0000-7000-8000-000000000001")
words = st.text(st.one_of(st.characters(codec="utf-8"), st.sampled_from("\r\n .=-\x00é日€")), max_size=300)
lines = st.lists(words, max_size=8).map("\n".join)


def outgoing(**values):
    way = Way(
        id=ID,
        provider="smtp",
        sender=values.pop("sender", "news@example.com"),
        settings={"from_name": values.pop("from_name", "")},
        token="t",
    )
    values = {"address": "ada@example.com", "text": "Hello", **values}
    return Outgoing(id=ID, channel=Channel.EMAIL, way=way, **values)


def read(raw):
    """Headers that people and programs see, and every part decoded."""
    parsed = BytesParser(policy=policy.default).parsebytes(raw)
    shown = {name: " ".join(str(parsed[name]).split()) for name in parsed if name not in STRUCTURE}
    parts = [part for part in parsed.walk() if not part.is_multipart()]
    return shown, [(part.get_content_type(), text(part)) for part in parts]


STRUCTURE = ("Content-Type", "Content-Transfer-Encoding", "MIME-Version")


def text(part):
    return "\n".join(part.get_content().splitlines()).rstrip()


@settings(max_examples=100, deadline=None)
@given(subject=words, from_name=words, text=lines, html=st.one_of(st.just(""), lines))
def test_it_says_what_the_library_would_have_said(subject, from_name, text, html):
    message = outgoing(subject=subject, from_name=from_name, text=text, html=html)

    ours, library = read(written(message)), read(compose(message).as_bytes())
    assert ours[1] == library[1]
    # The library loses spaces between words that it encodes.
    assert ours[0].pop("Subject") == " ".join(wanted(message).split())
    assert library[0].pop("Subject")
    assert ours[0] == library[0]


@settings(max_examples=100, deadline=None)
@given(subject=words, text=lines, html=lines)
def test_nothing_in_it_surprises_a_mail_server(subject, text, html):
    raw = written(outgoing(subject=subject, text=text, html=html))

    assert raw.isascii()
    assert b"\n" not in raw.replace(b"\r\n", b"") and b"\r" not in raw.replace(b"\r\n", b"")
    assert max(map(len, raw.split(b"\r\n"))) <= 998  # RFC 5321 section 4.5.3.1.6


def test_the_headers_of_rfc_8058_stand_in_it_letter_by_letter():
    url = f"https://news.example.com/u/{'x' * 90}/"
    headers = {"List-Unsubscribe": f"<{url}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}

    raw = written(outgoing(headers=headers)).decode()

    assert f"<{url}>" in raw
    assert "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in raw


def test_what_has_files_goes_through_the_library():
    message = outgoing(media=(Media("https://x.example/a", "image/png", "a.png", b"\x89PNG"),))

    assert written(message).startswith(b"From: ") and b"a.png" in written(message)


@pytest.mark.parametrize(
    ("values", "error"),
    [({"sender": "no address"}, Misconfigured), ({"address": "no address"}, MessageRefused)],
)
def test_addresses_that_are_none_are_refused(values, error):
    with pytest.raises(error):
        written(outgoing(**values))
