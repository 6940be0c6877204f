"""Every mail of ours as a standard parser reads it back."""

import email
import uuid
from email import policy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stopline.apps.accounts.tenancy import uuid7
from stopline.providers.base import Media, Outgoing, Way
from stopline.providers.email.compose import compose
from stopline.providers.errors import MessageRefused, Misconfigured
from stopline.rules.words import Channel

LINK = "https://stopline.example/u/opaque/"


def outgoing(text="Your bike is ready.", *, sender="hello@larkspur.example", settings=None, **fields):
    way = Way(uuid.uuid4(), "smtp", sender, settings or {}, "token")
    fields.setdefault("headers", {"List-Unsubscribe": f"<{LINK}>"})
    fields.setdefault("address", "ada@example.com")
    return Outgoing(fields.pop("id", uuid7()), Channel.EMAIL, fields.pop("address"), text, way, **fields)


def read(message):
    return email.message_from_bytes(compose(message).as_bytes(), policy=policy.default)


def test_a_plain_message_has_what_rfc_5322_asks_for():
    message = outgoing(subject="Your bike", settings={"from_name": "Larkspur Bikes"})

    got = read(message)

    assert got["From"].addresses[0].addr_spec == "hello@larkspur.example"
    assert got["From"].addresses[0].display_name == "Larkspur Bikes"
    assert [each.addr_spec for each in got["To"].addresses] == ["ada@example.com"]
    assert got["Subject"] == "Your bike"
    assert got["Message-ID"] == f"<stopline.{message.id}@larkspur.example>"
    assert got["Date"].datetime.timestamp() == pytest.approx((message.id.int >> 80) / 1000, abs=1)
    assert got.get_body().get_content().strip() == "Your bike is ready."
    assert not got.defects


def test_it_says_how_to_unsubscribe_in_one_click_and_by_mail():
    message = outgoing()

    got = read(message)

    web, mail = (each.strip(" <>") for each in got["List-Unsubscribe"].split(", "))
    assert web == LINK
    assert mail == f"mailto:hello@larkspur.example?subject=unsubscribe%20{message.id.hex}"
    assert got["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_long_headers_are_folded_between_words_and_never_encoded():
    link = f"https://stopline.example/u/{'x' * 200}/"
    address = f"{'a' * 60}@{'b' * 60}.example"
    chain = " ".join(f"<{'m' * 90}{number}@mail.example>" for number in range(9))
    message = outgoing(address=address, headers={"List-Unsubscribe": f"<{link}>", "References": chain})

    raw = compose(message).as_bytes()

    assert f"<{link}>".encode() in raw and address.encode() in raw
    assert f"<{'m' * 90}8@mail.example>".encode() in raw
    assert b"=?" not in raw
    assert max(len(line) for line in raw.split(b"\r\n")) < 300
    got = read(message)
    assert got["References"].split() == chain.split() and got["To"].addresses[0].addr_spec == address


def test_a_sender_name_beyond_ascii_is_encoded_as_rfc_2047_says():
    raw = compose(outgoing(settings={"from_name": 'Räder & Co, "Berlin"'})).as_bytes()

    assert raw.isascii()
    assert (
        email.message_from_bytes(raw, policy=policy.default)["From"].addresses[0].display_name
        == 'Räder & Co, "Berlin"'
    )


def test_one_click_is_not_promised_without_a_web_address():
    got = read(outgoing(headers={"List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}))

    assert got["List-Unsubscribe"].startswith("<mailto:")
    assert got["List-Unsubscribe-Post"] is None


def test_html_goes_beside_the_text_and_files_behind_both():
    pdf = Media("", "application/pdf", "Räderliste.pdf", b"%PDF-1.7")

    got = read(outgoing("Text", html="<p>HTML</p>", media=(pdf,)))

    assert got.get_body(("plain",)).get_content().strip() == "Text"
    assert got.get_body(("html",)).get_content().strip() == "<p>HTML</p>"
    (attached,) = got.iter_attachments()
    assert (attached.get_content_type(), attached.get_filename()) == ("application/pdf", "Räderliste.pdf")
    assert attached.get_content() == b"%PDF-1.7"


def test_a_reply_names_what_it_answers_and_automatic_mail_says_so():
    headers = {
        "In-Reply-To": "<a@b.example>",
        "References": "<x@y> <a@b.example>",
        "Auto-Submitted": "auto-generated",
    }

    got = read(outgoing(headers=headers, settings={"reply_to": "help@larkspur.example"}))

    assert (got["In-Reply-To"], got["References"]) == ("<a@b.example>", "<x@y> <a@b.example>")
    assert (got["Auto-Submitted"], got["Reply-To"]) == ("auto-generated", "help@larkspur.example")


def test_an_empty_subject_takes_the_first_words():
    assert read(outgoing("Your bike is ready.\nCome by"))["Subject"] == "Your bike is ready. Come by"


@pytest.mark.parametrize(
    "name", ["Bcc", "bcc", "From", "X-A\r\nBcc: eve@example.com", "Content-Type", "Received"]
)
def test_nobody_but_us_writes_who_gets_it(name):
    got = read(outgoing(headers={name: "eve@example.com"}))

    assert "eve@example.com" not in got.as_string()
    assert got["Bcc"] is None


@given(st.text(max_size=300), st.text(max_size=300), st.text(max_size=80))
def test_no_text_can_begin_a_header_of_its_own(subject, value, name):
    evil = f"{subject}\r\nBcc: eve@example.com"
    message = outgoing(
        "Text",
        subject=evil,
        headers={"X-Note": f"{value}\nBcc: eve@example.com"},
        settings={"from_name": f"{name}\r\n\r\nBcc: eve@example.com"},
    )

    raw = compose(message).as_bytes()
    got = email.message_from_bytes(raw)

    assert got.get_all("Bcc") is None
    assert len(got.get_all("Subject")) == 1
    assert got.get_payload().strip() == "Text"


@given(st.text(max_size=2000))
def test_any_text_comes_through(text):
    got = read(outgoing(text, subject="S"))

    expected = text.replace("\x00", "").replace("\r\n", "\n").replace("\r", "\n")
    assert got.get_body().get_content().replace("\r\n", "\n").rstrip("\n") == expected.rstrip("\n")


@pytest.mark.parametrize("sender", ["", "Larkspur", "a@b@c", "two@x.example, three@x.example"])
def test_a_sender_that_is_no_mailbox_is_the_accounts_to_mend(sender):
    with pytest.raises(Misconfigured):
        compose(outgoing(sender=sender))


@pytest.mark.parametrize("address", ["ada", "ada@", "adä@example.com", "ada@example.com\r\nBcc: e@x.example"])
def test_an_address_that_is_none_is_refused(address):
    with pytest.raises(MessageRefused):
        compose(outgoing(address=address))
