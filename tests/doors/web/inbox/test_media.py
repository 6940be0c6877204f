"""Files in the inbox: who sees them, how they are served, and what the composer takes."""

from dataclasses import replace

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from procrastinate.contrib.django.models import ProcrastinateJob

from stopline.apps.inbox import media, receive
from stopline.apps.inbox.conversation import open_with
from stopline.apps.sending.models import Connection, MediaFile, Message
from stopline.providers.base import InboundMedia
from tests import make

pytestmark = pytest.mark.django_db
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 50
HTML = b"<html><script>alert(1)</script></html>"


@pytest.fixture
def talk(account):
    make.connection(account)
    return open_with(make.contact(account, "Ada", phone="+14155550123", email="ada@example.com"))


def came(talk, *files):
    event = replace(make.received("Look", sender="+14155550123"), media=files)
    taken = receive.take(talk.account.connections.get(), event)
    return Message.objects.get(id=taken.message_id)


def kept(talk, content, name, kind=""):
    came(talk, InboundMedia(kind, name, content=content))
    return MediaFile.objects.get()


def send(browser, talk, channel, *files, text="Here"):
    uploads = [SimpleUploadedFile(name, content, kind) for name, content, kind in files]
    return browser.post(f"/inbox/{talk.id}/", {"channel": channel, "text": text, "files": uploads})


def lent(message):
    return message.parts["media"][0]["url"].partition("/media/")[2]


def test_a_picture_is_shown_under_a_policy_that_allows_nothing(agent, talk):
    file = kept(talk, PNG, "bike.png", "image/png")

    got = agent.get(f"/inbox/files/{file.id}/")

    assert (got.content, got["Content-Type"]) == (PNG, "image/png")
    assert got["Content-Disposition"] == 'inline; filename="bike.png"'
    assert got["X-Content-Type-Options"] == "nosniff"
    assert got["Content-Security-Policy"] == "default-src 'none'; sandbox; frame-ancestors 'none'"
    assert "private" in got["Cache-Control"]


@pytest.mark.parametrize(
    "kind", ["text/html", "image/svg+xml", "image/png", "application/xhtml+xml", "a\r\nb: c"]
)
def test_a_page_in_disguise_is_only_ever_saved(agent, talk, kind):
    file = kept(talk, HTML, 'x"\r\nSet-Cookie: a=b;.png', kind)

    got = agent.get(f"/inbox/files/{file.id}/")

    assert got["Content-Type"] == "application/octet-stream"
    assert got["Content-Disposition"].startswith("attachment")
    assert "Set-Cookie" not in got.headers


def test_another_account_and_nobody_see_no_file(outsider, talk):
    file = kept(talk, PNG, "bike.png")

    assert outsider.get(f"/inbox/files/{file.id}/").status_code == 404
    assert Client().get(f"/inbox/files/{file.id}/").status_code == 302


@pytest.mark.parametrize(
    ("asked", "status", "content"),
    [
        ("bytes=0-3", 206, PNG[:4]),
        ("bytes=50-", 206, PNG[50:]),
        ("bytes=-4", 206, PNG[-4:]),
        ("bytes=9999-", 200, PNG),
        ("bytes=5-2", 200, PNG),
        ("bytes=-", 200, PNG),
        ("lines=1", 200, PNG),
    ],
)
def test_players_get_the_part_they_ask_for(agent, talk, asked, status, content):
    file = kept(talk, PNG, "bike.png")

    got = agent.get(f"/inbox/files/{file.id}/", headers={"Range": asked})

    assert (got.status_code, got.content) == (status, content)


def test_the_thread_shows_pictures_players_and_files(agent, talk):
    sound, note = b"OggS\x00" * 20, b"%PDF-1.7" + b"0" * 2048
    came(
        talk,
        InboundMedia("", "bike.png", content=PNG),
        InboundMedia("audio/ogg", "say.ogg", content=sound),
        InboundMedia("", "offer<b>.pdf", content=note),
    )

    page = agent.get(f"/inbox/{talk.id}/").content.decode()

    assert 'alt="bike.png" loading="lazy"' in page
    assert "<audio" in page
    assert "offer&lt;b&gt;.pdf" in page and "2 KB" in page
    assert "offer<b>" not in page


def test_a_file_that_failed_says_so_and_can_be_tried_again(agent, outsider, talk):
    message = came(talk, InboundMedia("image/png", "bike.png", "https://p.example/1"))
    assert "bike.png is being fetched" in agent.get(f"/inbox/{talk.id}/").content.decode()
    media.fetch(message.account_id, message.id)  # the sandbox keeps no files
    page = agent.get(f"/inbox/{talk.id}/").content.decode()
    assert "could not be fetched: This provider keeps no files" in page and "Try again" in page
    ProcrastinateJob.objects.all().delete()

    url = f"/inbox/{talk.id}/messages/{message.id}/fetch/"

    assert outsider.post(url).status_code == 404
    assert agent.post(url).status_code == 302
    assert ProcrastinateJob.objects.filter(task_name=media.TASK).count() == 1


def test_a_reply_takes_files_without_javascript(agent, talk):
    page = agent.get(f"/inbox/{talk.id}/?channel=mms").content.decode()
    assert 'enctype="multipart/form-data"' in page and 'aria-label="Attach"' in page

    got = send(agent, talk, "mms", ("a.png", PNG, "image/png"), ("b.png", PNG, "image/png"), text="")

    assert got.status_code == 302
    assert [each["name"] for each in Message.objects.get().parts["media"]] == ["a.png", "b.png"]


def test_a_text_that_needs_a_file_or_words_is_refused_without_either(agent, talk):
    assert send(agent, talk, "mms", text="").status_code == 422


def test_on_sms_the_composer_offers_mms(agent, talk):
    page = agent.get(f"/inbox/{talk.id}/?channel=sms").content.decode()

    assert "A picture goes as MMS." in page and "Switch to MMS" in page
    assert 'name="files"' not in page


def test_on_sms_without_mms_the_composer_says_so(agent, talk):
    Connection.objects.update(channels=["sms"])

    page = agent.get(f"/inbox/{talk.id}/?channel=sms").content.decode()

    assert "isn’t connected" in page and "Switch to MMS" not in page


@pytest.mark.parametrize(
    ("channel", "size", "words"), [("sms", 10, "text only"), ("mms", 6_000_000, "at most 5.0 MB")]
)
def test_what_the_channel_does_not_carry_is_refused_and_nothing_is_kept(agent, talk, channel, size, words):
    got = send(agent, talk, channel, ("a.png", PNG + b"0" * size, "image/png"))

    assert got.status_code == 422 and words in got.content.decode()
    assert (MediaFile.objects.count(), Message.objects.count()) == (0, 0)


def test_a_request_too_large_for_its_files_is_refused_not_sent_without_them(agent, talk, settings):
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 1000

    got = send(agent, talk, "mms", ("a.png", PNG + b"0" * 2000, "image/png"))

    assert got.status_code == 422
    assert not Message.objects.exists()


def test_a_provider_fetches_a_sent_file_without_a_sign_in(agent, talk):
    send(agent, talk, "mms", ("bike.png", PNG, "image/png"))
    url = f"/media/{lent(Message.objects.get())}"

    got, head = Client().get(url), Client().head(url)

    assert (got.status_code, got.content, got["Content-Type"]) == (200, PNG, "image/png")
    assert (head.content, head["Content-Length"]) == (b"", str(len(PNG)))
    assert "public" in got["Cache-Control"] and got["X-Content-Type-Options"] == "nosniff"
    assert not got.cookies
    assert Client().post(url).status_code == 405


def test_a_wrong_token_opens_nothing(agent, talk):
    send(agent, talk, "mms", ("bike.png", PNG, "image/png"))
    right = lent(Message.objects.get()).partition("/")[0]

    for wrong in (right[:-2], f"A{right}", right.swapcase(), "x", "%00", "%F0%9F%9A%B2"):
        got = Client().get(f"/media/{wrong}/bike.png")
        assert got.status_code == 404 and "There is no such file" in got.content.decode()


def test_a_file_erased_since_opens_nothing(agent, talk):
    send(agent, talk, "mms", ("bike.png", PNG, "image/png"))
    url = f"/media/{lent(Message.objects.get())}"
    MediaFile.objects.all().delete()

    assert Client().get(url).status_code == 404
