"""E-mail in the Inbox: subject, folded quotes, and HTML that can do nothing."""

import pytest

from stopline.apps.inbox import receive
from stopline.apps.sending.models import Message
from stopline.doors.web.inbox.formatted import clean
from stopline.providers.email import kept
from tests import make

HTML = """<p onclick="steal()">Dear <b>Larkspur</b></p><script>steal()</script>
<img src="https://tracker.example/pixel.gif" alt="Offer"><a href="javascript:steal()">Click</a>
<a href="https://larkspur.example">Shop</a><form action="https://evil.example"><input name="password"></form>
<iframe src="https://evil.example"></iframe><p style="background: url(https://tracker.example/b.gif)">x</p>
<p style="color: red">Red</p><meta http-equiv="refresh" content="0;url=https://evil.example">"""


@pytest.fixture
def written(account):
    """A mail Ada wrote; a function from its fields to the message."""
    connection = make.connection(account)
    make.contact(account, email="ada@example.com")

    def write(text="Hello", **fields):
        event = kept.received(event_id=f"e-{text}", sender="ada@example.com", text=text, **fields)
        taken = receive.take(connection, event)
        return Message.objects.get(account_id=account.id, id=taken.message_id)

    return write


def page(browser, message):
    return browser.get(f"/inbox/{message.conversation_id}/").content.decode()


def frame(browser, message, query=""):
    return browser.get(f"/inbox/{message.conversation_id}/messages/{message.id}/formatted/{query}")


def test_the_subject_is_shown_and_what_is_quoted_is_folded(admin, written):
    message = written(
        "See you then\n\nOn Mon, 2 Nov 2026 Larkspur wrote:\n> Your bike", subject="Re: Bike <3"
    )

    shown = page(admin, message)

    assert '<strong class="message__subject">Re: Bike &lt;3</strong>' in shown
    assert "See you then<details" in shown
    assert "<summary>Quoted text</summary>On Mon, 2 Nov 2026 Larkspur wrote:" in shown


def test_the_composer_asks_for_a_subject_by_mail_alone(admin, written):
    message = written("Hello", subject="The bike")

    by_mail = page(admin, message)
    by_text = admin.get(f"/inbox/{message.conversation_id}/?channel=sms").content.decode()

    assert 'name="subject"' in by_mail and 'value="Re: The bike"' in by_mail
    assert 'name="subject"' not in by_text


def test_an_answer_goes_out_under_its_subject(admin, written):
    message = written("Hello", subject="The bike", mail_id="<a@x.example>")

    admin.post(
        f"/inbox/{message.conversation_id}/", {"channel": "email", "text": "Yes", "subject": "Your\nBike"}
    )

    sent = Message.objects.get(account_id=message.account_id, kind="reply")
    assert sent.parts["subject"] == "Your Bike"
    assert sent.parts["headers"]["In-Reply-To"] == "<a@x.example>"


def test_html_is_shown_in_a_sandboxed_frame(admin, written):
    message = written("Dear Larkspur", html=HTML)

    shown = page(admin, message)

    assert f'src="/inbox/{message.conversation_id}/messages/{message.id}/formatted/"' in shown
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in shown
    assert "tracker.example" not in shown


def test_a_mail_without_html_has_no_frame(admin, written):
    assert "<iframe" not in page(admin, written())


def test_the_frame_runs_nothing_and_fetches_nothing(admin, written):
    answer = frame(admin, written("Dear", html=HTML))

    shown, policy = answer.content.decode(), answer["Content-Security-Policy"]
    for word in (
        "<script",
        "onclick",
        "javascript:",
        "<form",
        "<input",
        "<iframe",
        "http-equiv",
        "tracker",
        "evil",
    ):
        assert word not in shown.lower().replace("<meta charset", ""), word
    assert "<b>Larkspur</b>" in shown and 'style="color: red"' in shown
    assert 'href="https://larkspur.example"' in shown and 'target="_blank"' in shown
    assert "default-src 'none'" in policy and "img-src data:;" in f"{policy};"
    assert (
        "script-src" not in policy and "sandbox allow-popups" in policy and "allow-same-origin" not in policy
    )
    assert answer["X-Frame-Options"] == "SAMEORIGIN" and answer["Referrer-Policy"] == "no-referrer"
    assert "Remote images are off" in shown


def test_images_come_when_they_are_asked_for_and_nothing_else_does(admin, written):
    answer = frame(admin, written("Dear", html=HTML), "?images=1")

    shown = answer.content.decode()
    assert 'src="https://tracker.example/pixel.gif"' in shown
    assert "url(" not in shown and "evil" not in shown
    assert "img-src data: https: http:" in answer["Content-Security-Policy"]


def test_nobody_else_sees_it(outsider, client, written):
    message = written("Dear", html=HTML)

    assert frame(outsider, message).status_code == 404
    assert frame(client, message).status_code == 302


@pytest.mark.parametrize(
    "evil",
    [
        "<svg onload=alert(1)>",
        "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
        "<img src='data:image/svg+xml,<svg onload=alert(1)>'>",
        "<a href=' java\tscript:alert(1)'>x</a>",
        "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
        "<p style='background:u\\72l(https://x.example)'>x</p>",
        "<style>@import url(https://x.example)</style>",
        "<base href='https://x.example'>",
        "<link rel=stylesheet href='https://x.example'>",
        "<object data='https://x.example'></object><embed src='https://x.example'>",
        "</main></body><script>alert(1)</script>",
    ],
)
def test_what_could_act_is_gone(evil):
    for images in (False, True):
        left = clean(evil, images=images).lower()
        assert not any(
            word in left for word in ("alert", "x.example", "script", "onload", "onerror", "<svg", "<base")
        )
