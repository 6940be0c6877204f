"""The preference page as HTML, in one language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.template.loader import render_to_string

from stopline.apps.consent.links import Held
from stopline.apps.sending import preferences
from stopline.apps.sending.preferences import EVERYTHING, Done, Line
from stopline.doors.web.preferences.speech import Language, languages
from stopline.rules import addresses
from stopline.rules.lasting import BY_THE_PERSON
from stopline.rules.words import CARRIER_CHANNELS, Channel, Source


@dataclass(frozen=True, slots=True)
class Said:
    """What a POST has come to: at most one of these."""

    stopped: Done | None = None
    started: Done | None = None
    problem: str = ""  # the name of its words


def page(held: Held, language: Language, base: str, said: Said | None = None) -> str:
    """`base` is the page's own address, below which its logo and colour are."""
    return render(held, language, preferences.lines(held), base, said or Said())


def render(
    held: Held, language: Language, lines: Sequence[Line], base: str, said: Said, *, preview: bool = False
) -> str:
    context = {
        "account": held.account,
        "own": held.page,
        "words": _words(held, language),
        "language": language,
        "languages": languages().values(),
        "base": base,
        "groups": [
            _group(address, list(those), language)
            for address, those in groupby(lines, key=lambda line: line.address)
        ],
        "everything": EVERYTHING,
        "stop_all": not all(line.unsubscribed for line in lines),
        "news": _news(held, language, said),
        "warnings": _warnings(language, said.started.changed if said.started else ()),
        "problem": language.words[said.problem] if said.problem else "",
        "preview": preview,
    }
    return render_to_string("preferences/page.html", context)


def notice(language: Language, what: str) -> str:
    """A page that tells nothing but that it isn't one: `what` is missing or too_many."""
    title, text = language.words[f"{what}_title"], language.words[f"{what}_text"]
    context = {"language": language, "languages": languages().values(), "title": title, "text": text}
    return render_to_string("preferences/notice.html", context)


def wording(held: Held, language: Language, button: str) -> str:
    """What the person read when they decided, for the evidence."""
    words = _words(held, language)
    told = (words["title"], held.page.wording or words["intro"], f"[{words[button]}]")
    return " · ".join(" ".join(part.split()) for part in told)


def _words(held: Held, language: Language) -> dict[str, str]:
    """Those with the account's name in them filled in; the rest as they are."""
    return {name: text.replace("{account}", held.account.name) for name, text in language.words.items()}


def _group(address: str, lines: list[Line], language: Language) -> dict[str, Any]:
    own, masked = lines[0].own, addresses.masked(address)
    words = language.words
    off = [line for line in lines if line.unsubscribed]
    return {
        "heading": words["own" if own else "others"].replace("{address}", masked),
        "note": "" if own or not off else words["others_note"],
        "rows": [_row(line, language, masked) for line in lines],
        "start_all": words["start_all"].replace("{address}", masked) if own and len(off) > 1 else "",
    }


def _row(line: Line, language: Language, masked: str) -> dict[str, Any]:
    verb = "start" if line.unsubscribed else "stop"
    label = language.words["start_to" if line.unsubscribed else "stop_from"]
    channel = language.channel(line.channel)
    return {
        "channel": channel,
        "standing": line.standing.value,
        "standing_label": language.words[line.standing.value],
        "verb": verb if line.own or verb == "stop" else "",
        "value": line.channel.value,
        "button": language.words[verb],
        "label": label.replace("{channel}", channel).replace("{address}", masked),
    }


def _news(held: Held, language: Language, said: Said) -> str:
    done = said.stopped or said.started
    if done is None:
        return ""
    told = "stopped" if said.stopped else "started"
    named = dict.fromkeys(language.channel(line.channel) for line in done.changed)
    if not named:  # it was so before: say how it stands, not that something happened
        lines = [line for line in preferences.lines(held) if line.unsubscribed == bool(said.stopped)]
        named = dict.fromkeys(language.channel(line.channel) for line in lines)
    text = language.words[told].replace("{account}", held.account.name)
    waiting = "" if done.in_force else f" {language.words['waiting']}"
    return text.replace("{channels}", ", ".join(named)) + waiting


def _warnings(language: Language, changed: Sequence[Line]) -> list[str]:
    """Stops that outlast ours (rules.lasting), in words for the person who can lift them."""
    lasting = {line.channel for line in changed if line.source in {Source(each) for each in BY_THE_PERSON}}
    told = []
    if lasting & set(CARRIER_CHANNELS):
        told.append(language.words["carrier"])
    if Channel.WHATSAPP in lasting:
        told.append(language.words["whatsapp"])
    return told
