"""Reads what a person wrote: a request to stop, perhaps one, a request to start again, for help, or neither.

The way of a text: what is new in it (an e-mail quotes its past) → plain letters → clauses → politeness taken off →
phrases of the lexicon, each judged by the words around it, since "don't stop", "how do I unsubscribe" and "don't text
me after nine" hold the words of a request and aren't one, or not quite.

Source: 47 CFR 64.1200(a)(10): some words revoke consent by themselves, others where "a reasonable person would
understand" them so. An opt-out missed is worse than an unclear one, and one read too eagerly does harm as well.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby

from stopline.rules.lexicon import AUTOMATIC, EMAIL_WORDS, NO, PHONE_WORDS, POLITE
from stopline.rules.phrases import Found, Kind, find
from stopline.rules.words import Channel

LONGEST_INPUT = 20_000  # characters; nobody writes a request to stop behind them


class Intent(StrEnum):
    OPT_OUT = "opt_out"  # sure: unsubscribe
    UNSURE = "unsure"  # may be an opt-out: hold automated messages and ask a person
    OPT_IN = "opt_in"  # the whole message asks for messages again
    HELP = "help"  # the whole message asks for help
    NONE = "none"  # an ordinary message


@dataclass(frozen=True)
class ExtraWords:
    """Words an account adds; each counts as a whole message only."""

    opt_out: tuple[str, ...] = ()
    opt_in: tuple[str, ...] = ()
    help: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reading:
    intent: Intent
    word: str = ""  # what decided, in plain letters
    language: str = ""  # ISO 639-1 of that word


@dataclass(frozen=True)
class Clause:
    words: str  # plain, politeness gone, each word followed by a space
    apart: bool  # a line of its own, or the last sentence
    found: tuple[Found, ...]


NOTHING = Reading(Intent.NONE)
NO_EXTRA = ExtraWords()
WHOLE_MESSAGE = {
    Kind.ALONE: Intent.OPT_OUT,
    Kind.WHOLE: Intent.OPT_OUT,
    Kind.HINTED: Intent.OPT_OUT,
    Kind.OPT_IN: Intent.OPT_IN,
    Kind.YES: Intent.OPT_IN,
    Kind.HELP: Intent.HELP,
}

SENTENCE_END = re.compile(r"[.!?…]+(?=\s|$)|[!?…;¡¿]+")
CLAUSE_END = re.compile(r"[,:()]|\s[-–—]+\s")
WORD = re.compile(r"[^\W_]+")
CONTRACTION = re.compile(r"['’`´](?=(?:t|s|m|re|ll|ve|d)\b)")  # don't, I'd; m'envoyez stays two words
SPELLED = re.compile(r"\b\w(?:[\s.\-_*]\w\b){2,}")  # s.t.o.p
STRETCHED = re.compile(r"([^\W\d_])\1{2,}")  # stooop
QUOTED = re.compile(
    r"[“„«\"][^“”„«»\"]*\s[^“”„«»\"\s]+\s[^“”„«»\"]*[”“»\"]"
)  # three words or more: not their own

REPLY_HEADER = re.compile(
    r"(?:on|am|le|el|em|il|op)\s.{5,200}(?:wrote|schrieb|a écrit|escribió|escreveu|ha scritto|schreef)\b.{0,200}$"
    r"|_{5,}|-{3,}|--\s*$|(?:from|von|de|da|van)\s?:\s.{0,200}[@<]"
    r"|(?:sent from|get outlook|envoyé d|enviado d|von meine[mr] .{0,40} gesendet|inviato da|verzonden v)",
    re.IGNORECASE | re.DOTALL,
)


def read(
    text: str,
    channel: Channel | str,
    language_hint: str | None = None,
    extra: ExtraWords = NO_EXTRA,
    *,
    unsubscribed: bool = False,
) -> Reading:
    """What one inbound message means.

    `language_hint` (ISO 639, "pt-BR") is the contact's language, where known. `unsubscribed` says that the address is
    so now: only then does a bare YES (OUI, SÍ, JA…) ask for messages again; else it answers somebody's question.
    Automatic replies that carry an Auto-Submitted header (RFC 3834) are the caller's to leave out.
    """
    hint = (language_hint or "")[:2].lower()
    written = text[:LONGEST_INPUT]
    plain = _plain(_new_text(written) if channel == Channel.EMAIL else written)
    clauses = [clause for clause in _clauses(plain) if clause.words]
    automatic = channel == Channel.EMAIL and any(sign in plain for sign in AUTOMATIC)
    if not automatic and (reading := _whole(clauses, hint, extra, unsubscribed)):
        return reading
    return _requests(clauses, hint, channel, automatic)


def _whole(clauses: list[Clause], hint: str, extra: ExtraWords, unsubscribed: bool) -> Reading | None:
    """The message is a keyword and nothing else."""
    message = "".join(clause.words for clause in clauses).strip()
    for intent, words in (
        (Intent.OPT_OUT, extra.opt_out),
        (Intent.OPT_IN, extra.opt_in),
        (Intent.HELP, extra.help),
    ):
        if message and message in {_words(word).strip() for word in words}:
            return Reading(intent, message, hint)
    kinds = set(WHOLE_MESSAGE) - (set() if unsubscribed else {Kind.YES})
    found = [[f for f in clause.found if f.phrase.kind in kinds and _counts(f, hint)] for clause in clauses]
    if not found or not all(found):
        return None
    intents = {WHOLE_MESSAGE[each[0].phrase.kind] for each in found}
    return _reading(intents.pop(), found[0], hint) if len(intents) == 1 else None


def _requests(clauses: list[Clause], hint: str, channel: Channel | str, automatic: bool) -> Reading:
    """A request somewhere in a longer message."""
    sure, unsure = [], []
    for clause in clauses:
        for found in clause.found:
            if found.undone:
                continue
            if found.phrase.kind is Kind.SURE:
                unclear = found.hedged or automatic or _names_another(channel, clause.words)
                (unsure if unclear else sure).append(found)
            elif found.phrase.kind is Kind.UNSURE and not automatic:
                unsure.append(found)
    for clause in [] if automatic else clauses:
        keywords = [f for f in clause.found if f.phrase.kind in (Kind.ALONE, Kind.WHOLE)]
        if strong := [f for f in keywords if f.phrase.kind is Kind.ALONE]:
            explained = len(clauses) > 1 and all(other.found for other in clauses)
            (sure if clause.apart or explained else unsure).extend(strong)
        elif clause.apart:
            unsure.extend(keywords)
    if sure:
        return _reading(Intent.OPT_OUT, sure, hint)
    if not automatic and len(clauses) == 1:
        unsure.extend(_with_a_name(clauses[0].words))
    return _reading(Intent.UNSURE, unsure, hint) if unsure else NOTHING


def _with_a_name(words: str) -> Iterator[Found]:
    """STOP and one more word, perhaps the name of the sender: "Stop Acme"."""
    pair = words.split()
    if len(pair) != 2:
        return
    for word, other in (pair, pair[::-1]):
        found = [f for f in find(f"{word} ") if f.phrase.kind is Kind.ALONE]
        undone = [f for f in found if f.phrase.guard.undo.search(f"{other} ")]
        if not undone or (other in NO and undone != found):  # "no parar" is "don't stop", "no stop" isn't
            yield from found


def _names_another(channel: Channel | str, words: str) -> bool:
    """Whether a request speaks of another channel than the one it came by."""
    named = set(words.split())
    own, other = (EMAIL_WORDS, PHONE_WORDS) if channel == Channel.EMAIL else (PHONE_WORDS, EMAIL_WORDS)
    return bool(named & other) and not named & own


def _counts(found: Found, hint: str) -> bool:
    return found.phrase.kind is not Kind.HINTED or found.phrase.language == hint


def _reading(intent: Intent, found: Iterable[Found], hint: str) -> Reading:
    """Told by the finding in the contact's own language, else by the longest."""
    best = max(found, key=lambda each: (each.phrase.language == hint, len(each.words)))
    return Reading(intent, best.words, best.phrase.language)


def _clauses(plain: str) -> Iterator[Clause]:
    lines = [[s for s in SENTENCE_END.split(line) if WORD.search(s)] for line in plain.split("\n")]
    lines = [sentences for sentences in lines if sentences]
    for line, sentences in enumerate(lines, 1):
        for number, sentence in enumerate(sentences, 1):
            parts = [part for part in map(_clause, CLAUSE_END.split(sentence)) if part]
            last = line == len(lines) and number == len(sentences)
            for words, found in parts:
                yield Clause(words, len(parts) == 1 and (last or len(sentences) == 1), found)


def _clause(text: str) -> tuple[str, tuple[Found, ...]] | None:
    """Words and findings of a clause; None where it is only politeness ("Hi Anna", "thanks", "no")."""
    every = _words(text).split()
    words = every[:]
    while words and words[-1] in POLITE:
        words.pop()
    while words and words[0] in POLITE:
        words.pop(0)
    joined = "".join(f"{word} " for word, _ in groupby(words))
    found = _all_keywords(joined) or tuple(find(joined))
    greeting = words and words[0] != every[0] and len(words) <= 2
    if not words or not found and (greeting or joined.strip() in NO):
        return None
    return joined, found


def _all_keywords(words: str) -> tuple[Found, ...]:
    """ "stop unsubscribe cancel": keywords in a row."""
    each = [
        [f for f in find(f"{word} ") if f.phrase.kind in (Kind.ALONE, Kind.WHOLE)] for word in words.split()
    ]
    return tuple(each[0]) if len(each) > 1 and all(each) else ()


def _words(text: str) -> str:
    return "".join(f"{word} " for word in WORD.findall(_plain(text)))


def _plain(text: str) -> str:
    """Small letters without accents, look-alike forms or invisible characters; punctuation stays."""
    folded = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", text).casefold())
    kept = "".join(char for char in folded if unicodedata.category(char) not in ("Mn", "Cf"))
    kept = QUOTED.sub(" ", kept) if WORD.search(QUOTED.sub(" ", kept)) else kept
    kept = CONTRACTION.sub("", kept).replace("e-mail", "email")
    return STRETCHED.sub(r"\1", SPELLED.sub(lambda match: "".join(WORD.findall(match[0])), kept))


def _new_text(text: str) -> str:
    """What the person wrote in this e-mail: not the quoted past, the signature or the app's own line."""
    lines, kept = text.splitlines(), []
    for number, line in enumerate(lines):
        if REPLY_HEADER.match(line.strip()) or REPLY_HEADER.match(
            " ".join(lines[number : number + 2]).strip()
        ):
            break
        if not line.lstrip().startswith(">"):
            kept.append(line)
    return "\n".join(kept)
