"""From a mail to events: a bounce, a complaint, a mail client's unsubscribe, or what a person wrote."""

from __future__ import annotations

from stopline.providers.base import Event, OptOut, Received, Unknown
from stopline.providers.email import ids, kept, mime, reports
from stopline.providers.email.automatic import automatic
from stopline.providers.email.mime import Mail
from stopline.rules import addresses
from stopline.rules.errors import InvalidInput
from stopline.rules.keywords import Intent, new_text
from stopline.rules.words import Channel, Source


def read_bytes(raw: bytes, envelope_from: str | None = None, envelope_to: str = "") -> list[Event]:
    """A mail as it came over the wire. Never raises."""
    return read(mime.parse(raw, envelope_from, envelope_to))


def read(mail: Mail) -> list[Event]:
    if ids.ours(mail.header("message-id")):
        return [Unknown(f"own:{mail.digest}", _short(mail))]  # our own mail came back to us
    sender = _sender(mail)
    if sender and (message := ids.of_unsubscribe(mail.header("subject"))):
        return [_unsubscribed(mail, sender, message)]
    if events := reports.read(mail):
        return events
    return [_received(mail, sender)] if sender else [Unknown(f"mail:{mail.digest}", _short(mail))]


def _received(mail: Mail, sender: str) -> Received:
    """`text` is all of it, the quoted past too; a blank one says what the subject says."""
    by_machine = automatic(mail)
    subject = mail.header("subject")
    blank = not new_text(mail.text).strip()
    name = next((name for name, _ in mail.addresses("from")), "")
    return kept.received(
        event_id=f"mail:{mail.digest}",
        sender=sender,
        text=f"{subject}\n{mail.text}".strip() if blank else mail.text,
        subject=subject[:500],
        html=mail.html,
        name=name[:120] if "@" not in name else "",
        automatic=by_machine,
        # Nothing else can be meant, whatever the mail says below it.
        intent=Intent.OPT_OUT if subject.strip(" .!").lower() == "unsubscribe" and not by_machine else None,
        reply_to=ids.answered(mail.every("in-reply-to"), mail.every("references")),
        mail_id=ids.thread(mail.every("references"), mail.every("in-reply-to"), mail.header("message-id")),
        media=mail.media,
    )


def _unsubscribed(mail: Mail, sender: str, message: str) -> OptOut:
    """The message's own address is meant; the sender may be another mailbox of the same person."""
    return OptOut(
        f"unsubscribe:{mail.digest}",
        Channel.EMAIL,
        sender,
        Source.LINK,
        "Used the unsubscribe button of their mail program.",
        {"subject": mail.header("subject"), "from": sender},
        provider_id=message,
    )


def _sender(mail: Mail) -> str:
    """Who wrote it: From, else Sender. "" where neither is an address."""
    for header in ("from", "sender"):
        for _, address in mail.addresses(header):
            try:
                return addresses.email(address)
            except InvalidInput:
                continue
    return ""


def _short(mail: Mail) -> dict[str, object]:
    """Enough to see what came, for people."""
    return {"headers": [list(each) for each in mail.headers[:50]], "text": mail.text[:4000]}
