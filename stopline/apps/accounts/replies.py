"""What an account answers by itself to STOP, START and HELP, and the words it adds to the known ones."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from stopline.apps.accounts.live import announce
from stopline.apps.accounts.members import require_admin
from stopline.apps.accounts.models import Account
from stopline.rules.errors import InvalidInput
from stopline.rules.keywords import ExtraWords, Intent, read
from stopline.rules.words import Channel

if TYPE_CHECKING:
    from stopline.apps.accounts.models import Member

LONGEST_TEXT = 320  # characters
LONGEST_WORD = 60
MOST_WORDS = 100  # in each list
LINK = re.compile(
    r"https?:|www\.|\b[a-z0-9-]+\.(?:(?:com|net|org|io|app|shop|store)\b|[a-z]{2,}/)", re.IGNORECASE
)
MEANINGS = {
    Intent.OPT_OUT: "unsubscribes",
    Intent.UNSURE: "may be a request to unsubscribe",
    Intent.OPT_IN: "subscribes again",
    Intent.HELP: "asks for help",
}


def change(
    by: Member,
    *,
    confirmation_text: str,
    resumed_text: str,
    help_text: str,
    opt_out_words: Iterable[str],
    opt_in_words: Iterable[str],
    help_words: Iterable[str],
    stop_everything: bool,
) -> Account:
    """Raises NotAllowed for agents, InvalidInput naming the text or word that can't be used."""
    require_admin(by, "change automatic replies")
    account = Account.objects.get(id=by.account_id)
    account.confirmation_text = _confirmation(confirmation_text)
    account.resumed_text = _text(resumed_text, "The text sent after START")
    account.help_text = _text(help_text, "The answer to HELP")
    account.opt_out_words = tidied(opt_out_words)
    account.opt_in_words = tidied(opt_in_words)
    account.help_words = tidied(help_words)
    account.stop_everything = stop_everything
    _check_words(account)
    account.save(
        update_fields=[
            "confirmation_text",
            "resumed_text",
            "help_text",
            "opt_out_words",
            "opt_in_words",
            "help_words",
            "stop_everything",
        ]
    )
    announce(account.id, "settings")
    return account


def extra_words(account: Account) -> ExtraWords:
    return ExtraWords(tuple(account.opt_out_words), tuple(account.opt_in_words), tuple(account.help_words))


def _confirmation(text: str) -> str:
    """One confirmation may follow a stop, with no marketing in it (47 CFR 64.1200(a)(12))."""
    text = _text(text, "The confirmation of a stop")
    if link := LINK.search(text):
        raise InvalidInput(
            f"The confirmation of a stop has a link (“{link[0]}”), and marketing is forbidden in it "
            "(47 CFR 64.1200(a)(12))",
            "Say only that messages have stopped, and how to get them again",
        )
    return text


def _text(text: str, what: str) -> str:
    text = text.replace("\r\n", "\n").strip()
    if not text:
        raise InvalidInput(f"{what} is empty", "Write what people shall read")
    if len(text) > LONGEST_TEXT:
        raise InvalidInput(f"{what} has {len(text)} characters", f"Shorten it to {LONGEST_TEXT}")
    return text


def tidied(words: Iterable[str]) -> list[str]:
    """Each once, whatever its case, in the order given. Raises InvalidInput."""
    tidy: dict[str, str] = {}
    for word in (" ".join(word.split()) for word in words):
        if len(word) > LONGEST_WORD:
            raise InvalidInput(f"“{word[:30]}…” is longer than {LONGEST_WORD} characters", "Shorten it")
        if word:
            tidy.setdefault(word.casefold(), word)
    if len(tidy) > MOST_WORDS:
        raise InvalidInput(f"These are {len(tidy)} words", f"Keep to {MOST_WORDS} in each list")
    return list(tidy.values())


def _check_words(account: Account) -> None:
    """Asks the reader of messages itself, so that what is accepted here is what will happen.

    A known word keeps its meaning: STOP and its relatives revoke consent by themselves (47 CFR
    64.1200(a)(10)), and no account may turn them, or START, into something else.
    """
    extra = extra_words(account)
    for words, meant in (
        (extra.opt_out, Intent.OPT_OUT),
        (extra.opt_in, Intent.OPT_IN),
        (extra.help, Intent.HELP),
    ):
        for word in words:
            _check_word(word, meant, extra)


def _check_word(word: str, meant: Intent, extra: ExtraWords) -> None:
    known = read(word, Channel.SMS, unsubscribed=True).intent
    # A phrase that only may be a request to stop can be made a sure one; the other way it can't be weakened.
    if known not in (Intent.NONE, meant) and not (known is Intent.UNSURE and meant is Intent.OPT_OUT):
        raise InvalidInput(f"“{word}” {MEANINGS[known]} already, and can't mean anything else", "Take it out")
    read_as = read(word, Channel.SMS, extra=extra, unsubscribed=True).intent
    if read_as is Intent.NONE:
        raise InvalidInput(f"“{word}” has no letter or digit", "Take it out, or write a word")
    if read_as is not meant:
        raise InvalidInput(f"“{word}” stands in two lists", "Leave it in one of them")
