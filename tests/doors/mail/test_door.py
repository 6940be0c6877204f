"""The mail door, spoken to as a mail server speaks: bounces, complaints, replies and strangers."""

import contextlib
import smtplib
import time
from email.message import EmailMessage

import pytest
from django.db import connections as databases

from stopline.apps.consent.models import Subscription
from stopline.apps.inbox import reply
from stopline.apps.inbox.models import Conversation
from stopline.apps.sending import mailboxes
from stopline.apps.sending.models import MediaFile, Message
from stopline.doors import asgi
from stopline.doors.mail import door
from stopline.rules.words import Source, Standing
from tests import make
from tests.providers.email.mail_server import serving

pytestmark = pytest.mark.django_db(transaction=True)

BOUNCE = """From: MAILER-DAEMON@mx.example
To: bounces@larkspur.example
Subject: Undelivered Mail Returned to Sender
Content-Type: multipart/report; report-type=delivery-status; boundary="b"
MIME-Version: 1.0

--b
Content-Type: text/plain

I'm sorry to have to inform you that your message could not be delivered.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; ada@example.com
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 <ada@example.com>: Recipient address rejected

--b
Content-Type: text/rfc822-headers

From: hello@larkspur.example
To: ada@example.com
Message-ID: <stopline.{message}@larkspur.example>

--b--
"""
COMPLAINT = """From: feedback@isp.example
To: abuse@larkspur.example
Subject: FW: Your bike
Content-Type: multipart/report; report-type=feedback-report; boundary="b"
MIME-Version: 1.0

--b
Content-Type: text/plain

This is an email abuse report.

--b
Content-Type: message/feedback-report

Feedback-Type: abuse
User-Agent: SomeGenerator/1.0
Version: 1
Original-Mail-From: <hello@larkspur.example>

--b
Content-Type: message/rfc822

From: hello@larkspur.example
To: <redacted@isp.example>
Message-ID: <stopline.{message}@larkspur.example>
Subject: Your bike

Your bike is ready.
--b--
"""


@pytest.fixture
def serve():
    """Starts the door; a function from options to a port."""
    with contextlib.ExitStack() as running:
        yield lambda **options: running.enter_context(serving(lambda: door.protocol(**options)))
    for _ in range(asgi.THREADS):  # each thread keeps a connection, which would hold the test's database
        asgi._threads.submit(lambda: (databases.close_all(), time.sleep(0.02)))
    time.sleep(0.1)


@pytest.fixture
def larkspur():
    return make.account()


@pytest.fixture
def mailbox(larkspur):
    return make.connection(
        larkspur,
        provider="smtp",
        channels=["email"],
        sender="hello@larkspur.example",
        settings={"bounces": "bounces@larkspur.example", "reply_to": "abuse@larkspur.example"},
    )


@pytest.fixture
def sent(larkspur, mailbox):
    """A message that left for Ada."""
    ada = make.contact(larkspur, email="ada@example.com")
    conversation = Conversation.objects.create(
        account=larkspur, contact_id=ada.id, channel="email", last_message_at=ada.created_at
    )
    queued = reply.reply(make.member(larkspur), conversation, "email", "Your bike is ready.")
    Message.objects.filter(account_id=larkspur.id, id=queued.id).update(
        state="sent", provider_id=str(queued.id)
    )
    return queued


def hand_over(port, raw, sender="", to="hello@larkspur.example"):
    with smtplib.SMTP("127.0.0.1", port, timeout=10) as client:
        client.sendmail(sender, to if isinstance(to, list) else [to], raw.replace("\n", "\r\n").encode())


def standing(account, address="ada@example.com"):
    found = Subscription.objects.filter(account_id=account.id, channel="email", address=address).first()
    return (found.standing, found.source) if found else None


def mail(text, subject="Re: Your bike", sender="Ada <ada@example.com>", **headers):
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = sender, "hello@larkspur.example", subject
    made["Message-ID"] = f"<{abs(hash((text, subject)))}@example.com>"
    for name, value in headers.items():
        made[name.replace("_", "-")] = value
    made.set_content(text)
    return made.as_string()


def test_a_bounce_ends_the_address_within_a_second(serve, larkspur, sent):
    port = serve()

    started = time.monotonic()
    hand_over(port, BOUNCE.format(message=sent.id), to=f"bounces+{sent.id.hex}@larkspur.example")
    took = time.monotonic() - started

    assert standing(larkspur) == (Standing.UNSUBSCRIBED, Source.BOUNCE)
    assert took < 1
    sent.refresh_from_db()
    assert sent.state == "failed" and "5.1.1" in sent.failure


def test_a_complaint_ends_the_address_within_a_second_even_where_it_is_redacted(serve, larkspur, sent):
    port = serve()

    started = time.monotonic()
    hand_over(port, COMPLAINT.format(message=sent.id), "feedback@isp.example", "abuse@larkspur.example")
    took = time.monotonic() - started

    assert standing(larkspur) == (Standing.UNSUBSCRIBED, Source.COMPLAINT)
    assert took < 1


def test_the_unsubscribe_button_of_a_mail_program_ends_the_messages_own_address(serve, larkspur, sent):
    raw = mail("", f"unsubscribe {sent.id.hex}", "Ada at work <ada@work.example>")

    hand_over(serve(), raw, "ada@work.example")

    assert standing(larkspur) == (Standing.UNSUBSCRIBED, Source.LINK)
    assert standing(larkspur, "ada@work.example") is None


def test_a_reply_arrives_in_the_conversation(serve, larkspur, sent):
    raw = mail("On my way!\n\nOn Mon, 2 Nov 2026 Larkspur wrote:\n> Your bike is ready.")
    raw = raw.replace("Subject:", f"In-Reply-To: <stopline.{sent.id}@larkspur.example>\nSubject:", 1)

    hand_over(serve(), raw, "ada@example.com")

    got = Message.objects.get(account_id=larkspur.id, kind="inbound")
    assert got.conversation_id == sent.conversation_id
    assert got.text.startswith("On my way!") and "> Your bike is ready." in got.text
    assert (got.parts["subject"], got.parts["reply_to"]) == ("Re: Your bike", str(sent.id))


def test_a_stop_is_in_force_when_the_door_has_answered(serve, larkspur, sent):
    hand_over(serve(), mail("STOP"), "ada@example.com")

    assert standing(larkspur) == (Standing.UNSUBSCRIBED, Source.KEYWORD)


@pytest.mark.parametrize(
    ("headers", "sender"),
    [
        ({"Auto_Submitted": "auto-replied"}, "ada@example.com"),
        ({"X_Auto_Response_Suppress": "All"}, "ada@example.com"),
        ({"Precedence": "bulk"}, "ada@example.com"),
        ({"X_Autoreply": "yes"}, "ada@example.com"),
        ({}, ""),
    ],
)
def test_no_machine_unsubscribes_anybody(headers, sender, serve, larkspur, sent):
    hand_over(serve(), mail("STOP", **headers), sender)

    assert standing(larkspur) is None
    assert Message.objects.get(account_id=larkspur.id, kind="inbound").text == "STOP"


def test_the_same_mail_handed_over_twice_counts_once(serve, larkspur, sent):
    port, raw = serve(), mail("Hello")

    hand_over(port, "Received: from one\n" + raw, "ada@example.com")
    hand_over(port, "Received: from two\n" + raw, "ada@example.com")

    assert Message.objects.filter(account_id=larkspur.id, kind="inbound").count() == 1


def test_a_connection_has_an_address_in_every_domain(serve, larkspur, mailbox):
    hand_over(
        serve(), mail("Hello"), "ada@example.com", f"{mailboxes.own(mailbox).upper()}@mail.anything.example"
    )

    assert Message.objects.get(account_id=larkspur.id).connection_id == mailbox.id


@pytest.mark.parametrize(
    "address",
    [
        "stranger@larkspur.example",
        "hello@elsewhere.example",
        f"{'0' * 32}.{'0' * 16}@x.example",
        "hello",
        "@x.example",
    ],
)
def test_mail_for_nobody_here_is_refused(address, serve, mailbox):
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        hand_over(serve(), mail("Hello"), "ada@example.com", address)

    assert all(code in (501, 550, 553) for code, _ in refused.value.recipients.values())


def test_a_mailbox_two_accounts_give_is_the_older_ones(serve, larkspur, mailbox):
    late = make.account("Latecomer")
    make.connection(late, provider="smtp", channels=["email"], sender="Hello@Larkspur.example")

    hand_over(serve(), mail("Hello"), "ada@example.com")

    assert Message.objects.filter(account_id=larkspur.id).count() == 1
    assert not Message.objects.filter(account_id=late.id).exists()


def test_what_could_not_be_stored_is_asked_for_again(serve, larkspur, mailbox, monkeypatch):
    def fails(*_):
        raise RuntimeError("disk full")

    monkeypatch.setattr(door, "settle", fails)

    with pytest.raises(smtplib.SMTPDataError) as refused:
        hand_over(serve(), mail("Hello"), "ada@example.com")

    assert refused.value.smtp_code == 451


def test_a_mail_over_the_limit_is_refused(serve, larkspur, mailbox, monkeypatch):
    monkeypatch.setattr(door, "LARGEST", 2000)

    with pytest.raises((smtplib.SMTPSenderRefused, smtplib.SMTPDataError)) as refused:
        hand_over(serve(), mail("long " * 1000), "ada@example.com")

    assert refused.value.smtp_code == 552


def test_ten_megabytes_arrive(serve, larkspur, mailbox):
    hand_over(serve(), mail("Hello\n" + "x" * 70 + ("\n" + "y" * 70) * 145_000), "ada@example.com")

    got = Message.objects.get(account_id=larkspur.id)
    assert got.text.startswith("Hello") and len(got.text) <= 100_000


def test_attachments_are_kept_with_their_message(serve, larkspur, mailbox):
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = "ada@example.com", "hello@larkspur.example", "The bike"
    made.set_content("See the picture")
    made.add_attachment(b"\x89PNG\r\n\x1a\n", maintype="image", subtype="png", filename="bike.png")

    hand_over(serve(), made.as_string(), "ada@example.com")

    file = MediaFile.objects.get(account_id=larkspur.id)
    assert (file.name, file.message_id) == ("bike.png", Message.objects.get(account_id=larkspur.id).id)


def test_lmtp_answers_for_each_recipient(serve, larkspur, mailbox):
    with smtplib.LMTP("127.0.0.1", serve(lmtp=True)) as client:
        client.ehlo_or_helo_if_needed()
        client.docmd("MAIL FROM:<ada@example.com>")
        answers = [
            client.docmd(f"RCPT TO:<{to}>")[0]
            for to in ("hello@larkspur.example", "stranger@larkspur.example", "bounces+x@larkspur.example")
        ]
        client.putcmd("DATA")
        client.getreply()
        client.send(mail("Hello").replace("\n", "\r\n").encode() + b"\r\n.\r\n")
        delivered = [client.getreply()[0] for _ in range(2)]

    assert answers == [250, 550, 250]
    assert delivered == [250, 250]
    assert Message.objects.filter(account_id=larkspur.id, kind="inbound").count() == 1
