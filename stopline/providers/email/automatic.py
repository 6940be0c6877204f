"""Whether a machine wrote a mail: an out-of-office reply, a list, a newsletter (RFC 3834, and the usual headers)."""

from __future__ import annotations

from stopline.providers.email.mime import Mail

# Headers that nothing but machines write, whatever is in them.
MARKS = (
    "x-autoreply",
    "x-autorespond",
    "x-autoresponder",
    "x-auto-reply",
    "x-mail-autoreply",
    "list-id",
    "x-loop",
)
PRECEDENCE = ("bulk", "auto_reply", "auto-reply", "list", "junk")
# X-Auto-Response-Suppress in a person's mail says DR, RN or NRN at most: no receipts, please.
SUPPRESSED = ("all", "oof", "autoreply")


def automatic(mail: Mail) -> bool:
    submitted = mail.header("auto-submitted").partition(";")[0].strip().lower()
    suppressed = mail.every("x-auto-response-suppress").lower().replace(",", " ").split()
    return (
        submitted not in ("", "no")
        or mail.every("precedence").strip().lower() in PRECEDENCE
        or any(mail.header(name) for name in MARKS)
        or any(word in SUPPRESSED for word in suppressed)
        or null_sender(mail)
    )


def null_sender(mail: Mail) -> bool:
    """Sent from `<>`, so that no answer can go back (RFC 5321 section 4.5.5)."""
    return mail.envelope_from in ("", "<>") or mail.header("return-path") == "<>"
