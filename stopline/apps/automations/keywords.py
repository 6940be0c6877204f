"""The words a keyword reply waits for. A word of consent keeps its meaning, whatever an account would like."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from stopline.apps.accounts import replies
from stopline.rules.errors import InvalidInput
from stopline.rules.keywords import Intent, read, whole
from stopline.rules.words import Channel

if TYPE_CHECKING:
    from stopline.apps.accounts.models import Account
    from stopline.apps.automations.models import Automation

MOST_WORDS = 20


def checked(account: Account, words: Iterable[str], channels: Iterable[str]) -> list[str]:
    """Raises InvalidInput for a word that can't be used, naming it."""
    words, channels = replies.tidied(words), list(channels)
    if not words:
        raise InvalidInput("There is no word to answer", "Write at least one")
    if len(words) > MOST_WORDS:
        raise InvalidInput(f"These are {len(words)} words", f"Keep to {MOST_WORDS} for one answer")
    for word in words:
        if meant := _meaning(account, word, channels):
            raise InvalidInput(
                f"“{word}” {replies.MEANINGS[meant]} already, and can't mean anything else", "Take it out"
            )
        if whole(word, Channel.SMS, [word]) is None:
            raise InvalidInput(f"“{word}” has no letter or digit", "Take it out, or write a word")
    return words


def shared(words: Iterable[str], others: Iterable[str]) -> str | None:
    """A word that one message could mean both by."""
    others = list(others)
    return next(
        (
            word
            for word in words
            if whole(word, Channel.SMS, others) or any(whole(other, Channel.SMS, [word]) for other in others)
        ),
        None,
    )


def silenced(account: Account, automation: Automation) -> list[tuple[str, str]]:
    """Words that have come to mean something else since they were saved, with what; never answered any more."""
    meanings = [(word, _meaning(account, word, automation.channels)) for word in automation.words]
    return [(word, replies.MEANINGS[meant]) for word, meant in meanings if meant]


def _meaning(account: Account, word: str, channels: Iterable[str]) -> Intent | None:
    """What a message of this word alone says about consent, by the reader of messages itself; None: nothing.

    Read as somebody who is unsubscribed would mean it: then YES asks for messages again.
    """
    extra = replies.extra_words(account)
    for channel in channels:
        intent = read(word, channel, extra=extra, unsubscribed=True).intent
        if intent is not Intent.NONE:
            return intent
    return None
