"""Files: brought along or fetched, sent along, and gone with their message."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob
from psycopg_pool import AsyncConnectionPool

from stopline.apps.accounts import live
from stopline.apps.contacts import contact as contacts
from stopline.apps.inbox import media, receive
from stopline.apps.inbox.conversation import open_with
from stopline.apps.inbox.reply import reply, send_again
from stopline.apps.sending import media as sent
from stopline.apps.sending.gate import Claimed
from stopline.apps.sending.media import Attached
from stopline.apps.sending.models import Connection, MediaFile, Message
from stopline.providers.base import InboundMedia
from stopline.providers.errors import Misconfigured, TryLater
from stopline.providers.sandbox.receiver import SandboxReceiver
from stopline.rules import files
from stopline.rules.errors import Conflict, InvalidInput, NotFound
from tests import make

pytestmark = pytest.mark.django_db
PHONE = "+14155550123"
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 50
WAITING = InboundMedia("image/png", "bike.png", "https://p.example/1")


@pytest.fixture
def connection():
    return make.connection(make.account())


@pytest.fixture
def provider(monkeypatch):
    """What the provider answers to a fetch: a file, an error, or what a function of the file makes."""
    answers = {}

    async def fetch(_self, _way, wanted):
        found = answers.get(wanted.url, PNG)
        if isinstance(found, Exception):
            raise found
        return replace(wanted, content=found)

    monkeypatch.setattr(SandboxReceiver, "fetch", fetch)
    return answers


def take(connection, *came, text="Look", **fields):
    event = replace(make.received(text, sender=PHONE, **fields), media=came)
    return message_of(receive.take(connection, event).message_id)


def message_of(message_id):
    return Message.objects.get(id=message_id)


def fetch(message):
    media.fetch(message.account_id, message.id)
    return message_of(message.id)


def jobs(message):
    return ProcrastinateJob.objects.filter(task_name=media.TASK, args__message_id=str(message.id))


def test_a_file_that_came_along_is_kept_with_its_message(connection):
    message = take(connection, InboundMedia("image/png", "bike.png", content=PNG))

    kept = MediaFile.objects.get()
    assert (kept.message_id, bytes(kept.content), kept.content_type) == (message.id, PNG, "image/png")
    assert message.parts["media"] == [
        {"id": str(kept.id), "name": "bike.png", "content_type": "image/png", "size": len(PNG)}
    ]
    assert "waiting_media" not in message.parts
    assert not jobs(message).exists()


def test_a_file_at_the_provider_is_asked_of_a_worker_in_the_same_transaction(connection):
    message = take(connection, WAITING)

    assert jobs(message).get().args == {"account_id": str(message.account_id), "message_id": str(message.id)}
    assert message.parts["waiting_media"][0]["url"] == WAITING.url


def test_a_message_seen_twice_keeps_its_files_once(connection):
    event = replace(
        make.received("Look", sender=PHONE), media=(InboundMedia("image/png", content=PNG), WAITING)
    )

    receive.take(connection, event)
    receive.take(connection, event)

    assert (MediaFile.objects.count(), ProcrastinateJob.objects.filter(task_name=media.TASK).count()) == (
        1,
        1,
    )


def test_a_stop_with_a_picture_keeps_the_picture(connection):
    message = take(connection, InboundMedia("image/png", content=PNG), text="STOP")

    assert message.entry_id
    assert MediaFile.objects.get().message_id == message.id


def test_a_message_of_a_picture_alone_says_so_in_the_list(connection):
    message = take(connection, WAITING, text="")

    assert message.conversation.last_line == "Picture"


def test_a_fetched_file_is_kept_and_no_longer_waited_for(connection, provider):
    message = fetch(take(connection, WAITING))

    assert [each["name"] for each in message.parts["media"]] == ["bike.png"]
    assert "waiting_media" not in message.parts
    assert bytes(MediaFile.objects.get().content) == PNG


def test_fetching_twice_keeps_it_once(connection, provider):
    message = fetch(fetch(take(connection, WAITING)))

    assert (MediaFile.objects.count(), len(message.parts["media"])) == (1, 1)


def test_one_failing_file_leaves_the_others_and_says_why(connection, provider):
    provider["https://p.example/2"] = NotFound("The file is gone", "Ask for it again")

    message = fetch(take(connection, WAITING, InboundMedia("image/png", "b.png", "https://p.example/2")))

    assert [each["name"] for each in message.parts["media"]] == ["bike.png"]
    assert message.parts["waiting_media"][0]["problem"] == "The file is gone. Ask for it again."
    assert jobs(message).filter(scheduled_at__isnull=False).count() == 0


@pytest.mark.parametrize("error", [TryLater(), TryLater(after_seconds=60), TimeoutError(), ValueError("bug")])
def test_what_may_pass_is_tried_again_later(connection, provider, error):
    provider[WAITING.url] = error

    message = fetch(take(connection, WAITING))

    assert "problem" not in message.parts["waiting_media"][0]
    later = jobs(message).get(scheduled_at__isnull=False).scheduled_at - timezone.now()
    assert timedelta(seconds=2) < later < timedelta(seconds=61)


def test_it_is_given_up_in_the_end_and_can_be_tried_again_by_hand(connection, provider):
    provider[WAITING.url] = TryLater("Busy.")
    message = take(connection, WAITING)
    for _ in range(len(media.PAUSES) + 1):
        message = fetch(message)
    assert message.parts["waiting_media"][0]["problem"] == "Busy."
    del provider[WAITING.url]

    media.again(message)
    message = fetch(message)

    assert "waiting_media" not in message.parts
    with pytest.raises(Conflict):
        media.again(message)


def test_wrong_credentials_are_told_at_once(connection, provider):
    provider[WAITING.url] = Misconfigured("The token has expired.")

    message = fetch(take(connection, WAITING))

    assert message.parts["waiting_media"][0]["problem"] == "The token has expired."


def test_a_removed_connection_is_told(connection, provider):
    message = take(connection, WAITING)
    Connection.ever.update(state="removed")

    assert "was removed" in fetch(message).parts["waiting_media"][0]["problem"]


def test_a_file_that_is_too_large_is_told_and_never_kept(connection, provider, monkeypatch):
    monkeypatch.setattr(files, "LARGEST", 20)

    message = fetch(take(connection, WAITING, InboundMedia("image/png", "big.png", content=PNG)))

    assert MediaFile.objects.count() == 0
    assert [(each["url"], "larger" in each["problem"]) for each in message.parts["waiting_media"]] == [
        ("", True)
    ] * 2
    with pytest.raises(Conflict):
        media.again(message)


def test_a_message_erased_meanwhile_is_no_error(connection, provider):
    message = take(connection, WAITING)
    Message.objects.all().delete()

    media.fetch(message.account_id, message.id)

    assert MediaFile.objects.count() == 0


@pytest.mark.parametrize(
    ("content", "said", "kind"),
    [
        (PNG, "text/html", "image/png"),
        (b"\xff\xd8\xff\xe0", "", "image/jpeg"),
        (b"RIFF0000WEBPVP8 ", "image/webp", "image/webp"),
        (b"\x00\x00\x00\x18ftypmp42", "video/mp4", "video/mp4"),
        (b"\x00\x00\x00\x18ftypM4A ", "", "audio/mp4"),
        (b"OggS\x00", "audio/ogg; codecs=opus", "audio/ogg"),
        (b"%PDF-1.7", "application/pdf", "application/pdf"),
        (b"Hello", "text/plain; charset=utf-8", "text/plain"),
        (b"a\x00b", "text/plain", "application/octet-stream"),
        (b"<html><script>1</script>", "text/html", "application/octet-stream"),
        (b"<svg onload=x>", "image/svg+xml", "application/octet-stream"),
        (b"<svg onload=x>", "image/png", "application/octet-stream"),
        (b"GIF", "image/gif", "application/octet-stream"),
        (b"MZ", "x\r\nSet-Cookie: a=b", "application/octet-stream"),
        (b"", "image/png", "application/octet-stream"),
    ],
)
def test_a_file_is_what_its_bytes_say(content, said, kind):
    assert files.kind(content, said) == kind


@pytest.mark.parametrize(
    ("given", "clean"),
    [
        ("../../etc/passwd", "passwd.png"),
        ("C:\\temp\\a.png", "a.png"),
        ("", "picture.png"),
        ("...", "picture.png"),
        ("a\r\nX: y\x00.png", "a X: y .png"),
        ("cod\u202egnp.exe", "cod gnp.exe"),
        ("\ud800.png", "png.png"),
    ],
)
def test_a_hostile_name_becomes_a_plain_one(given, clean):
    assert files.name(given, "image/png") == clean


def test_a_name_is_never_too_long():
    assert len(files.name("a" * 5000 + ".jpeg", "image/jpeg")) <= files.LONGEST_NAME
    assert files.name("a" * 5000 + ".jpeg", "image/jpeg").endswith(".jpeg")


# Sending


@pytest.fixture
def talk(connection):
    return open_with(make.contact(connection.account, phone=PHONE, email="ada@example.com"))


def answer(talk, channel="mms", text="Here", *chosen):
    chosen = chosen or (Attached("bike.png", "image/png", PNG),)
    found = sent.attach(talk.account_id, channel, chosen)
    return reply(make.member(talk.account), talk, channel, text, files=found)


def test_a_file_goes_with_its_message_under_an_address_of_its_own(talk, settings):
    message = answer(talk)

    told = message_of(message.id).parts["media"][0]
    assert told["url"].startswith(f"{settings.PUBLIC_URL}/media/") and told["url"].endswith("/bike.png")
    assert sent.of_token(told["url"].split("/")[-2]) == MediaFile.objects.get(message_id=message.id)


def test_a_file_needs_no_text(talk):
    message = answer(talk, "mms", "")

    talk.refresh_from_db()
    assert (message.text, talk.last_line) == ("", "Picture")


@pytest.mark.parametrize(
    ("channel", "count", "size", "words"),
    [
        ("sms", 1, 5, "text only"),
        ("nonsense", 1, 5, "text only"),
        ("whatsapp", 2, 5, "one file"),
        ("mms", 11, 5, "10 files"),
        ("mms", 1, 6_000_000, "5.0 MB"),
        ("email", 1, 0, "empty"),
    ],
)
def test_more_than_a_channel_carries_is_refused_in_words(talk, channel, count, size, words):
    with pytest.raises(InvalidInput, match=words):
        sent.attach(talk.account_id, channel, [Attached("a.bin", "", b"x" * size)] * count)


def test_sending_again_takes_the_files_along(talk):
    message = answer(talk)
    Message.objects.update(state="failed")

    again = send_again(make.member(talk.account), talk, message_of(message.id))

    assert again.parts["media"][0]["name"] == "bike.png"
    assert bytes(MediaFile.objects.get(message_id=again.id).content) == PNG


@pytest.mark.parametrize("erase", [contacts.delete, lambda c: contacts.forget(c, make.system())])
def test_files_go_with_their_contact(talk, connection, erase):
    answer(talk)
    take(connection, InboundMedia("image/png", content=PNG))
    assert MediaFile.objects.count() == 2

    erase(talk.contact)

    assert MediaFile.objects.count() == 0


def test_a_token_is_good_for_its_own_file_only(talk):
    token = sent.token(talk.account_id, make.contact(talk.account).id)

    assert sent.of_token(token) is None
    for wrong in ("", "a", token[:-1], token.replace(".", ""), "é" * 20, f"A{token}", "." * 50):
        assert sent.of_token(wrong) is None


@pytest.mark.django_db(transaction=True)
def test_the_bytes_are_read_for_mails_alone(talk):
    mail, mms = answer(talk, "email"), answer(talk, "mms")

    found = asyncio.run(contents(claimed(mail), claimed(mms)))

    file = MediaFile.objects.get(message_id=mail.id)
    assert found == {(talk.account_id, file.id): PNG}


def claimed(message):
    blank = dict.fromkeys(Claimed.__dataclass_fields__)
    known = ("account_id", "id", "channel", "parts")
    return Claimed(**{**blank, **{name: getattr(message, name) for name in known}})


async def contents(*messages):
    async with (
        AsyncConnectionPool(kwargs=live.connection_parameters(), min_size=1, max_size=1, open=False) as pool,
        pool.connection() as connection,
        connection.cursor() as cursor,
    ):
        return await sent.contents(cursor, messages)
