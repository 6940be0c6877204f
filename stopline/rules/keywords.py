"""Reads what a person wrote: a request to stop, perhaps one, to start again, for help, or none of these.

The way of a text: what is new in it (an e-mail quotes its past) → plain letters → clauses → politeness off →
phrases, each judged by the words around it, since "don't stop", "how do I unsubscribe" and "don't text me
after nine" hold the words of a request and aren't one, or not quite.

Source: 47 CFR 64.1200(a)(10): some words revoke consent by themselves, others where "a reasonable person
would understand" them so. An opt-out missed is worse than an unclear one; one read too eagerly harms as well.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import groupby

from stopline.rules.phrases import EVERY, Found, Kind, find
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
    words: str  # plain, each followed by a space
    apart: bool  # a line of its own, the last sentence, or said with please
    found: tuple[Found, ...]


NO_EXTRA = ExtraWords()
STOPS = (Kind.ALONE, Kind.WHOLE, Kind.HINTED)
PLEASE, POLITE, ANSWERS, EMAIL, PHONE = (
    frozenset(EVERY[name].split()) for name in ("please", "polite", "answers", "email", "phone")
)

SENTENCE_END = re.compile(r"(?<![.!?…])[.!?…]++(?=\s|$)|[!?…;¡¿]+")
CLAUSE_END = re.compile(r"[,:()]|\s[-–—]+\s")
WORD = re.compile(r"[^\W_]+")
CONTRACTION = re.compile(r"['’`´](?=(?:t|s|m|re|ll|ve|d)\b)")  # don't, I'd; m'envoyez stays two words
SPELLED = re.compile(r"\b\w(?:[\s.\-_*]\w\b){2,}")  # s.t.o.p
STRETCHED = re.compile(r"([^\W\d_])\1{2,}")  # stooop
QUOTED = re.compile(r"[“„«\"][^“”„«»\"]*[”“»\"]")
REPLY_HEADER = re.compile(
    r"(?:on|am|le|el|em|il|op)\s.{5,200}(?:wrote|schrieb|a écrit|escribió|escreveu|scritto|schreef)\b.{0,200}"
    r"|(?:from|von|de|da|van)\s?:\s.{0,200}[@<]|_{5,}|-{3,}|--\s*$"
    r"|sent from|get outlook|envoyé d|enviado d|von meine[mr] .{0,40} gesendet|inviato da|verzonden v",
    re.IGNORECASE,
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

    `language_hint` (ISO 639, "pt-BR") is the contact's language, where known. `unsubscribed` says that the
    address is so now: only then does a bare YES (OUI, SÍ, JA…) ask for messages again; else it answers some
    question. E-mails with an Auto-Submitted header (RFC 3834) are the caller's to leave out.
    """
    hint = (language_hint or "")[:2].lower()
    plain = _plain(new_text(text[:LONGEST_INPUT]) if channel == Channel.EMAIL else text[:LONGEST_INPUT])
    automatic = channel == Channel.EMAIL and any(sign in plain for sign in EVERY["automatic"])
    clauses = list(_clauses(plain))
    said = _said(plain, clauses)
    for intent, kinds, added in (
        ()
        if automatic
        else (
            (Intent.OPT_OUT, STOPS, extra.opt_out),
            (Intent.OPT_IN, (Kind.OPT_IN, Kind.YES) if unsubscribed else (Kind.OPT_IN,), extra.opt_in),
            (Intent.HELP, (Kind.HELP,), extra.help),
        )
    ):
        for word in said & {_words(_plain(word)) for word in added}:
            return Reading(intent, word.strip(), hint)
        found = [[f for f in clause.found if _counts(f, kinds, hint)] for clause in clauses]
        if found and all(found):
            return _reading(intent, found[0], hint)
    return _request(clauses, hint, channel, automatic)


def whole(text: str, channel: Channel | str, words: Iterable[str]) -> str | None:
    """Which of `words`, an account's own, is all that this message says; None where it says something else."""
    plain = _plain(new_text(text[:LONGEST_INPUT]) if channel == Channel.EMAIL else text[:LONGEST_INPUT])
    said = _said(plain, list(_clauses(plain)))
    return next((word for word in words if _words(_plain(word)) in said), None)


def _said(plain: str, clauses: list[Clause]) -> set[str]:
    """The whole message, with politeness and without."""
    return {_words(plain), "".join(clause.words for clause in clauses)} - {""}


def _request(clauses: list[Clause], hint: str, channel: Channel | str, automatic: bool) -> Reading:
    """The reading of a longer message."""
    explained = len(clauses) > 1 and all(c.found for c in clauses)  # "STOP. You have the wrong number"
    readings: dict[Intent, list[Found]] = defaultdict(list)
    for clause in clauses:
        apart, another = clause.apart or explained, _names_another(channel, clause.words)
        for found in clause.found:
            readings[_certainty(found, apart, another, automatic)].append(found)
    if len(clauses) == 1 and not automatic:
        readings[Intent.UNSURE].extend(_with_a_name(clauses[0].words))
    for intent in (Intent.OPT_OUT, Intent.UNSURE):
        if readings[intent]:
            return _reading(intent, readings[intent], hint)
    return Reading(Intent.NONE)


def _certainty(found: Found, apart: bool, another: bool, automatic: bool) -> Intent:
    """Whether one finding, in a message of more words, is a request to stop."""
    match found.phrase.kind:
        case Kind.SURE if not found.undone:
            return Intent.UNSURE if found.hedged or another or automatic else Intent.OPT_OUT
        case Kind.UNSURE if not found.undone and not automatic:
            return Intent.UNSURE
        case Kind.ALONE if not automatic:
            return Intent.OPT_OUT if apart else Intent.UNSURE
        case Kind.WHOLE if apart and not automatic:
            return Intent.UNSURE
    return Intent.NONE


def _with_a_name(words: str) -> Iterator[Found]:
    """STOP beside one more word, perhaps the sender's name: "Stop Acme"."""
    pair = words.split()
    for word, other in (pair, pair[::-1]) if len(pair) == 2 else ():
        found = [f for f in find(f"{word} ") if f.phrase.kind is Kind.ALONE]
        undone = [f for f in found if f.phrase.undo.search(f"{other} ")]
        # "No parar" is "don't stop" in Spanish, "no stop" isn't in English.
        if not undone or (other in ANSWERS and undone != found):
            yield from found


def _names_another(channel: Channel | str, words: str) -> bool:
    """Whether a request speaks of another channel than the one it came by."""
    named = set(words.split())
    own, other = (EMAIL, PHONE) if channel == Channel.EMAIL else (PHONE, EMAIL)
    return bool(named & other) and not named & own


def _counts(found: Found, kinds: tuple[Kind, ...], hint: str) -> bool:
    kind, language = found.phrase.kind, found.phrase.language
    return kind in kinds and (kind is not Kind.HINTED or language == hint)


def _reading(intent: Intent, found: list[Found], hint: str) -> Reading:
    """Told by the finding in the contact's own language, else by the longest."""
    best = max(found, key=lambda each: (each.phrase.language == hint, len(each.words)))
    return Reading(intent, best.words, best.phrase.language)


def _clauses(plain: str) -> Iterator[Clause]:
    lines = [[s for s in SENTENCE_END.split(line) if WORD.search(s)] for line in plain.split("\n")]
    lines = [sentences for sentences in lines if sentences]
    for sentences in lines:
        for sentence in sentences:
            parts = [part for part in map(_clause, CLAUSE_END.split(sentence)) if part]
            last = sentences is lines[-1] and sentence is sentences[-1]
            apart = len(parts) == 1 and (last or len(sentences) == 1)
            yield from (replace(part, apart=True) if apart else part for part in parts)


def _clause(text: str) -> Clause | None:
    """The clause, or None where it is only politeness ("Hi Anna", "thanks", "no")."""
    every = _words(text).split()
    words = [word for word in every if word not in PLEASE]
    start, end = 0, len(words)
    while end and words[end - 1] in POLITE:
        end -= 1
    while start < end and words[start] in POLITE:
        start += 1
    kept = "".join(f"{word} " for word, _ in groupby(words[start:end]))
    found = _findings(kept)
    greeting = start > 0 and end - start <= 2
    if not kept or (not found and (greeting or kept.strip() in ANSWERS)):
        return None
    return Clause(kept, len(words) < len(every), found)


def _findings(words: str) -> tuple[Found, ...]:
    """What is found in a clause; each of a row of keywords ("stop unsubscribe cancel") stands alone."""
    row = [[f for f in find(f"{word} ") if f.phrase.kind in STOPS] for word in words.split()]
    return tuple(row[0]) if len(row) > 1 and all(row) else tuple(find(words))


def _words(plain: str) -> str:
    return "".join(f"{word} " for word in WORD.findall(plain))


def _plain(text: str) -> str:
    """Small letters without accents, look-alike forms or invisible characters; punctuation stays."""
    folded = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", text).casefold())
    plain = "".join(char for char in folded if unicodedata.category(char) not in ("Mn", "Cf"))
    own = QUOTED.sub(lambda quoted: quoted[0] if quoted[0].count(" ") < 2 else " ", plain)
    plain = CONTRACTION.sub("", own if WORD.search(own) else plain).replace("e-mail", "email")
    return STRETCHED.sub(r"\1", SPELLED.sub(lambda letters: "".join(WORD.findall(letters[0])), plain))


def new_text(text: str) -> str:
    """What the person wrote in this e-mail: not the quoted past, the signature or the app's own line."""
    lines, kept = text.splitlines(), []
    for number, line in enumerate(lines):
        wrapped = " ".join(lines[number : number + 2])  # a header may go on in a second line
        if REPLY_HEADER.match(line.strip()) or REPLY_HEADER.match(wrapped.strip()):
            break
        if not line.lstrip().startswith(">"):
            kept.append(line)
    return "\n".join(kept)
