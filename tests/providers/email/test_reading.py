"""What comes in: replies, machines, bounces and complaints, well formed and otherwise."""

import uuid

import orjson
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from stopline.providers.base import OptOut, Progress, Received, Request, Unknown
from stopline.providers.email.plain import plain
from stopline.providers.email.reading import read_bytes
from stopline.providers.email.smtp.receiver import SmtpReceiver
from stopline.rules.keywords import Intent, new_text
from stopline.rules.words import MessageState, Source

OURS = uuid.UUID("01920000-0000-7000-8000-000000000001")
MESSAGE_ID = f"<stopline.{OURS}@larkspur.example>"


def mail(body="Hello", *headers, kind="text/plain; charset=utf-8", sender="Ada Lovelace <Ada@Example.com>"):
    head = [f"From: {sender}", "To: hello@larkspur.example", "Message-ID: <1@example.com>", *headers]
    return "\r\n".join([*head, f"Content-Type: {kind}", "MIME-Version: 1.0", "", body]).encode()


def one(raw, *envelope):
    (event,) = read_bytes(raw, *envelope)
    return event


# What people write


def test_a_mail_is_read_with_who_what_and_what_it_answers():
    event = one(mail("On my way", "Subject: =?utf-8?q?Re=3A_R=C3=A4der?=", f"In-Reply-To: {MESSAGE_ID}"))

    assert (event.sender, event.name, event.text) == ("ada@example.com", "Ada Lovelace", "On my way")
    assert (event.subject, event.reply_to, event.automatic) == ("Re: Räder", str(OURS), False)
    assert event.mail_id == f"{MESSAGE_ID} <1@example.com>"


def test_a_reply_is_found_by_its_references_too():
    event = one(mail("Yes", f"References: <a@b.example> {MESSAGE_ID}", "In-Reply-To: <lost@other.example>"))

    assert event.reply_to == str(OURS)


def test_a_reply_to_somebody_elses_mail_names_that():
    assert one(mail("Yes", "In-Reply-To: <x@mail.example>")).reply_to == "x@mail.example"


def test_what_is_quoted_stays_in_the_text():
    assert one(mail("Yes\r\n> Coming?")).text == "Yes\n> Coming?"


@pytest.mark.parametrize("subject", ["STOP", "Please unsubscribe me"])
def test_an_empty_mail_says_what_its_subject_says(subject):
    event = one(mail("\r\n> old text", f"Subject: {subject}"))

    assert new_text(event.text).strip() == subject


def test_a_subject_that_is_nothing_but_unsubscribe_counts_whatever_the_text_says():
    assert one(mail("Kind regards", "Subject: Unsubscribe")).intent is Intent.OPT_OUT
    assert one(mail("Kind regards", "Subject: How do I unsubscribe?")).intent is None


def test_the_unsubscribe_of_a_mail_program_is_a_link():
    event = one(mail("", f"Subject: unsubscribe {OURS.hex}", "Auto-Submitted: auto-generated"))

    assert isinstance(event, OptOut)
    assert (event.source, event.provider_id, event.address) == (Source.LINK, str(OURS), "ada@example.com")


def test_html_without_text_becomes_text_with_its_quotes_marked():
    html = (
        "<html><head><style>p{}</style></head><body><p>Please <b>stop</b></p><script>x()</script>"
        '<div class="gmail_quote">On Monday Larkspur wrote:<blockquote>Your bike<br>is ready</blockquote></div></body>'
    )

    event = one(mail(html, kind="text/html; charset=utf-8"))

    assert event.html == html
    assert new_text(event.text).strip() == "Please stop"
    assert "Your bike" in event.text and "x()" not in event.text and "p{}" not in event.text


def test_files_come_along_and_bodies_are_no_files():
    body = (
        "--b\r\nContent-Type: text/plain\r\n\r\nSee the file\r\n--b\r\nContent-Type: text/html\r\n\r\n<p>See</p>\r\n"
        "--b\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n"
        "Content-Disposition: attachment; filename*=utf-8''R%C3%A4der/../x.png\r\n\r\niVBORw==\r\n--b--"
    )

    event = one(mail(body, kind="multipart/mixed; boundary=b"))

    assert (event.text, event.html) == ("See the file", "<p>See</p>")
    (file,) = event.media
    assert (file.content_type, file.name, file.content) == ("image/png", "Räder_.._x.png", b"\x89PNG")


# Machines


@pytest.mark.parametrize(
    "header",
    [
        "Auto-Submitted: auto-replied",
        "Auto-Submitted: auto-generated (vacation); owner=x",
        "X-Auto-Response-Suppress: OOF, DR",
        "X-Auto-Response-Suppress: All",
        "Precedence: bulk",
        "Precedence: auto_reply",
        "Precedence: list",
        "X-Autoreply: yes",
        "X-Autorespond: vacation",
        "List-Id: <news.example.com>",
        "Return-Path: <>",
    ],
)
def test_a_machines_mail_is_automatic(header):
    assert one(mail("STOP", header)).automatic


@pytest.mark.parametrize(
    "header",
    [
        "Auto-Submitted: no",
        "X-Auto-Response-Suppress: DR, NRN",
        "Precedence: normal",
        "Return-Path: <ada@example.com>",
    ],
)
def test_a_persons_mail_is_not(header):
    assert not one(mail("STOP", header), "ada@example.com").automatic


def test_a_mail_from_the_null_sender_is_automatic():
    assert one(mail("STOP"), "").automatic


# Bounces


def report(
    fields, *, kind="delivery-status", message=MESSAGE_ID, sender="MAILER-DAEMON@mx.example", text="Sorry."
):
    body = (
        f"--b\r\nContent-Type: text/plain\r\n\r\n{text}\r\n--b\r\nContent-Type: message/{kind}\r\n\r\n{fields}\r\n"
        f"--b\r\nContent-Type: message/rfc822\r\n\r\nFrom: hello@larkspur.example\r\nTo: ada@example.com\r\n"
        f"Message-ID: {message}\r\nSubject: Your bike\r\n\r\nReady.\r\n--b--"
    )
    outer = "feedback-report" if kind == "feedback-report" else "delivery-status"
    return mail(
        body, "Subject: Report", kind=f"multipart/report; report-type={outer}; boundary=b", sender=sender
    )


def recipient(status, action="failed", address="ada@example.com", code="550 no such user"):
    return (
        "Reporting-MTA: dns; mx.example\r\n\r\n"
        f"Final-Recipient: rfc822; {address}\r\nAction: {action}\r\nStatus: {status}\r\nDiagnostic-Code: smtp; {code}"
    )


@pytest.mark.parametrize("status", ["5.1.1", "5.0.0", "5.1.10", "5.4.4", "5.2.1"])
def test_a_hard_bounce_ends_the_address_and_fails_the_message(status):
    ended, failed = read_bytes(report(recipient(status)))

    assert isinstance(ended, OptOut)
    assert (ended.address, ended.source, ended.provider_id) == ("ada@example.com", Source.BOUNCE, str(OURS))
    assert status in ended.reason and "no such user" in ended.reason
    assert isinstance(failed, Progress)
    assert (failed.provider_id, failed.state) == (str(OURS), MessageState.FAILED)


@pytest.mark.parametrize("status", ["4.2.2", "4.4.1", "5.2.2", "5.7.1", "5.3.4"])
def test_what_says_nothing_against_the_address_only_fails_the_message(status):
    (failed,) = read_bytes(report(recipient(status)))

    assert isinstance(failed, Progress) and failed.state is MessageState.FAILED


def test_a_delay_ends_nothing():
    assert not any(isinstance(event, OptOut) for event in read_bytes(report(recipient("4.4.7", "delayed"))))


def test_a_relay_report_says_delivered():
    assert one(report(recipient("2.0.0", "delivered"))).state is MessageState.DELIVERED


def test_each_recipient_of_a_report_counts():
    fields = (
        recipient("5.1.1")
        + "\r\n\r\nFinal-Recipient: rfc822;bob@example.com\r\nAction: failed\r\nStatus: 5.1.1"
    )

    events = read_bytes(report(fields))

    assert {event.address for event in events if isinstance(event, OptOut)} == {
        "ada@example.com",
        "bob@example.com",
    }


def test_the_return_path_names_the_message_where_the_report_does_not():
    raw = report(recipient("5.1.1"), message="<unknown@x.example>")

    ended, _ = read_bytes(raw, "", f"bounces+{OURS.hex}@larkspur.example")

    assert ended.provider_id == str(OURS)


@pytest.mark.parametrize(
    "fields",
    [
        "Final-Recipient: RFC822;<ada@example.com>\nAction:failed\nStatus:5.1.1 (bad destination)",
        "Reporting-MTA: x\nFinal-Recipient: ada@example.com\nStatus: 5.1.1",
        "final-recipient: rfc822 ; ada@example.com\r\naction: FAILED\r\ndiagnostic-code: smtp;550 5.1.1 gone",
        "Final-Recipient: rfc822;\r\n ada@example.com\r\nAction: failed\r\nStatus: 5.1.1",
    ],
)
def test_a_malformed_bounce_is_understood_all_the_same(fields):
    ended = read_bytes(report(fields))[0]

    assert isinstance(ended, OptOut) and ended.address == "ada@example.com"


def test_a_bounce_in_words_alone_is_understood():
    text = (
        "This is the mail system. I'm sorry to have to inform you that your message could not be delivered.\r\n"
        "<ada@example.com>: host mx.example said: 550 5.1.1 User unknown\r\n"
        f"To: ada@example.com\r\nMessage-ID: {MESSAGE_ID}"
    )

    ended = read_bytes(
        mail(text, "Subject: Undelivered Mail Returned to Sender", sender="MAILER-DAEMON@mx.example"), ""
    )[0]

    assert isinstance(ended, OptOut)
    assert (ended.address, ended.provider_id) == ("ada@example.com", str(OURS))


@pytest.mark.parametrize(
    "raw",
    [
        report(""),
        report("Action: failed"),
        report("\x00\xff"),
        mail("--b", kind="multipart/report; report-type=delivery-status; boundary=b"),
        mail("", kind="multipart/report; report-type=delivery-status"),
        mail("--x\r\n\r\nno part", kind='multipart/report; report-type=delivery-status; boundary="never"'),
    ],
)
def test_a_bounce_nobody_can_read_is_kept_and_ends_nothing(raw):
    events = read_bytes(raw)

    assert events and not any(isinstance(event, OptOut) for event in events)


def test_a_person_who_writes_about_a_bounce_is_no_bounce():
    event = one(
        mail("I got 550 5.1.1 when I wrote to bob@example.com", "Subject: Delivery failure"),
        "ada@example.com",
    )

    assert isinstance(event, Received)


# Complaints


def complaint(fields="Feedback-Type: abuse\r\nUser-Agent: X/1\r\nVersion: 1", **options):
    return report(fields, kind="feedback-report", sender="feedback@isp.example", **options)


def test_a_complaint_ends_the_address():
    event = one(complaint("Feedback-Type: abuse\r\nOriginal-Rcpt-To: <ada@example.com>\r\nUser-Agent: X/1"))

    assert isinstance(event, OptOut)
    assert (event.address, event.source, event.provider_id) == (
        "ada@example.com",
        Source.COMPLAINT,
        str(OURS),
    )


def test_a_complaint_without_its_recipient_names_whom_the_message_went_to():
    assert one(complaint()).address == "ada@example.com"


@pytest.mark.parametrize("kind", ["not-spam", "auth-failure"])
def test_what_is_no_complaint_ends_nothing(kind):
    assert isinstance(one(complaint(f"Feedback-Type: {kind}\r\nOriginal-Rcpt-To: ada@example.com")), Unknown)


@pytest.mark.parametrize(
    "raw",
    [
        complaint("feedback-type : abuse"),
        complaint("Feedback-Type: abuse", message="broken"),
        mail(
            "Feedback-Type: abuse\r\nOriginal-Rcpt-To: ada@example.com",
            kind="multipart/report; report-type=feedback-report",
        ),
        mail("Feedback-Type: abuse\r\nOriginal-Rcpt-To: ada@example.com", kind="message/feedback-report"),
    ],
)
def test_a_malformed_complaint_is_understood_all_the_same(raw):
    event = one(raw)

    assert isinstance(event, OptOut) and event.address == "ada@example.com"


# Bad days


@pytest.mark.parametrize(
    ("body", "kind", "text"),
    [
        (b"Gr\xfc\xdfe", "text/plain; charset=iso-8859-1", "Grüße"),
        (b"Gr\xfc\xdfe", "text/plain; charset=utf-8", "Grüße"),  # not what it says
        ("Grüße".encode(), "text/plain; charset=us-ascii", "Grüße"),
        ("Grüße".encode(), "text/plain; charset=no-such-charset", "Grüße"),
        ("Grüße".encode(), "text/plain", "Grüße"),
        (b"a\x00b", "text/plain", "ab"),
        (b"\xff\xfe", "text/plain; charset=utf-8", "ÿþ"),
    ],
)
def test_charset_trouble_leaves_letters(body, kind, text):
    raw = b"From: ada@example.com\r\nContent-Type: " + kind.encode() + b"\r\n\r\n" + body

    assert one(raw).text == text


def test_a_thousand_parts_inside_each_other_are_survived():
    nested = b"From: ada@example.com\r\nSubject: Deep\r\n"
    for number in range(1000):
        nested += f"Content-Type: multipart/mixed; boundary=b{number}\r\n\r\n--b{number}\r\n".encode()
    nested += b"Content-Type: text/plain\r\n\r\nSTOP"

    event = one(nested)

    assert (event.sender, event.subject) == ("ada@example.com", "Deep")


def test_mails_inside_mails_are_survived():
    raw = b"From: ada@example.com\r\n" + b"Content-Type: message/rfc822\r\n\r\n" * 3000 + b"x"

    assert one(raw).sender == "ada@example.com"


def test_huge_files_and_too_many_are_left_out_and_the_text_stays():
    big = b"A" * 16_000_000
    part = b"--b\r\nContent-Type: image/png\r\nContent-Disposition: attachment; filename=a.png\r\n"
    small = part + b"\r\nx\r\n"
    raw = b"From: ada@example.com\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nSTOP\r\n"
    raw += part + b"Content-Transfer-Encoding: base64\r\n\r\n" + big + b"\r\n" + small * 100 + b"--b--"

    event = one(raw)

    assert event.text == "STOP"
    assert len(event.media) < 31 and sum(len(file.content) for file in event.media) <= 20_000_000


def test_ten_megabytes_of_text_are_cut():
    assert len(one(mail("x" * 10_000_000)).text) == 100_000


def test_our_own_mail_coming_back_is_no_message():
    raw = mail("Your bike is ready").replace(b"<1@example.com>", MESSAGE_ID.encode())

    assert isinstance(one(raw), Unknown)


def test_the_same_mail_by_another_way_has_the_same_id():
    first = one(b"Received: from a by b\r\n" + mail("Hello"))
    second = one(b"Received: from c by d\r\nX-Spam: no\r\n" + mail("Hello"))
    other = one(mail("Hello again"))

    assert first.event_id == second.event_id != other.event_id


WORDS = st.sampled_from(
    [
        b"",
        b" folded",
        b"From: a@b.example",
        b'From: <<>,;:"',
        b"Subject: =?x?q?=00?=",
        b"=?utf-8?b?",
        b"Content-Type: multipart/report; report-type=delivery-status; boundary=b",
        b"Content-Type: message/delivery-status",
        b"Content-Type: message/feedback-report",
        b"Content-Type: message/rfc822",
        b"Content-Type: text/html; charset=\xff",
        b"Content-Transfer-Encoding: base64",
        b"Content-Disposition: attachment; filename*=x''%ff",
        b"--b",
        b"--b--",
        b"Status: 5.1.1",
        b"Action: failed",
        b"Final-Recipient: rfc822; x@y.example",
        b"Feedback-Type: abuse",
        b"Original-Rcpt-To: <x@y.example>",
        b"\xff\xfe\x00",
    ]
)


@settings(deadline=None, max_examples=400)
@given(
    st.one_of(
        st.binary(max_size=400),
        st.lists(st.one_of(WORDS, st.binary(max_size=30)), max_size=25).map(b"\r\n".join),
    )
)
@example(b"")
@example(b"\n")
@example(b"{")
@example(b"ContenT-type:message/\r\rContenT-type:multipart/\r\x80")
def test_arbitrary_bytes_are_events_and_never_an_exception(raw):
    receiver = SmtpReceiver()

    events = receiver.read(Request(raw, {}))

    assert events and receiver.read(Request(raw, {})) == events
    for event in events:
        assert 0 < len(event.event_id) <= 160
        stored = orjson.dumps(event.raw)
        assert b"\\u0000" not in stored
        if isinstance(event, Received | Progress):
            assert receiver.read(Request(stored, {})) == [event]


@settings(deadline=None)
@given(
    st.text(max_size=500),
    st.sampled_from(["<", "<p>", "<!", "<![CDATA[", "<blockquote>", "</div>", "&#x110000;"]),
)
def test_any_html_becomes_text(text, tag):
    assert isinstance(plain(f"{text}{tag}{text}" * 3), str)
