"""What a broadcast says on each channel, and whether it is ready to leave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy as copy_of
from datetime import datetime, time
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from stopline.apps.accounts import live
from stopline.apps.broadcasts import audience, lookup
from stopline.apps.broadcasts.models import Broadcast
from stopline.apps.consent.links import preference_page
from stopline.apps.contacts import directory, lists
from stopline.apps.sending import media, personal, templates, wording
from stopline.apps.sending import rules as sending_rules
from stopline.apps.sending.models import Content, MediaFile
from stopline.apps.sending.routes import Ways
from stopline.providers.registry import PROVIDERS
from stopline.rules.errors import InvalidInput
from stopline.rules.words import CONSENT_CHANNELS, Channel

if TYPE_CHECKING:
    from stopline.apps.sending.media import Attached
    from stopline.apps.sending.models import Connection

LONGEST_TEXT = 10_000
LONGEST_HTML = 200_000
FASTEST = 10_000.0  # messages a second


def contents(broadcast: Broadcast) -> dict[str, Content]:
    """By channel, in the broadcast's order; an empty one where nothing was written yet."""
    kept = {
        each.channel: each
        for each in Content.objects.filter(account_id=broadcast.account_id, broadcast_id=broadcast.id)
    }
    own = {"account_id": broadcast.account_id, "broadcast_id": broadcast.id}
    return {channel: kept.get(channel) or Content(**own, channel=channel) for channel in broadcast.channels}


@transaction.atomic
def write(broadcast: Broadcast, channel: str, **said: Any) -> Content:
    """What a draft says on a channel, as `worded` takes it. Raises Conflict, and as `worded` does."""
    lookup.draft(broadcast)
    found = worded(broadcast, channel, **said)
    found.save()
    live.announce(broadcast.account_id, f"broadcast:{broadcast.id}")
    return found


def worded(
    broadcast: Broadcast,
    channel: str,
    *,
    text: str = "",
    subject: str = "",
    html: str = "",
    template_id: str = "",
    variables: Mapping[str, str] | None = None,
) -> Content:
    """The same, not saved: for a preview of what is being written. Files stay as they are.

    `template_id`: an approved template in place of a text, its `variables` each a text with places.
    Raises InvalidInput naming what can't be read or is unknown.
    """
    known = _channel(channel)
    kept = Content.objects.filter(
        account_id=broadcast.account_id, broadcast_id=broadcast.id, channel=known
    ).first()
    found = kept or Content(account_id=broadcast.account_id, broadcast_id=broadcast.id, channel=known)
    found.text, found.subject, found.html = _tidy(text), " ".join(_tidy(subject).split()), _tidy(html)
    found.template = {}
    if template_id:
        _use_template(broadcast, found, template_id, variables or {})
    check(broadcast, found)
    return found


def as_if(broadcast: Broadcast, values: Mapping[str, Any]) -> Broadcast:
    """The draft with other `settings`, not saved: for a preview of what is being chosen. Raises InvalidInput."""
    other = copy_of(broadcast)
    for name, value in settings(broadcast, values).items():
        setattr(other, name, value)
    return other


@transaction.atomic
def attach(broadcast: Broadcast, channel: str, chosen: Sequence[Attached]) -> Content:
    """Puts files with what is said on a channel, in place of those there were; none: takes them away."""
    lookup.draft(broadcast)
    known = _channel(channel)
    found = contents(broadcast).get(known) or Content(
        account_id=broadcast.account_id, broadcast_id=broadcast.id, channel=known
    )
    made = media.attach(broadcast.account_id, known, chosen)
    _files(broadcast).filter(id__in=[UUID(file["id"]) for file in found.media]).delete()
    for file in made:
        file.broadcast_id = broadcast.id
        file.save(force_insert=True)
    found.media = [media.lent(file) for file in made]
    found.save()
    return found


def copy(of: Broadcast, to: Broadcast) -> None:
    for each in Content.objects.filter(account_id=of.account_id, broadcast_id=of.id):
        each.account_id, each.broadcast_id = to.account_id, to.id
        files = [
            media.made(file.account_id, bytes(file.content), file.name, file.content_type)
            for file in _files(of).filter(id__in=[UUID(file["id"]) for file in each.media]).order_by("id")
        ]
        for file in files:
            file.broadcast_id = to.id
            file.save(force_insert=True)
        each.media = [media.lent(file) for file in files]
        each.save(force_insert=True)


def check(broadcast: Broadcast, content: Content) -> None:
    """Raises InvalidInput: a text that can't be read, is too long, or names a field that doesn't exist."""
    known = personal.fields_of(broadcast.account)
    limits = (
        ("text", content.text, LONGEST_TEXT),
        ("HTML", content.html, LONGEST_HTML),
        ("subject", content.subject, 500),
    )
    for what, source, longest in limits:
        if len(source) > longest:
            raise InvalidInput(
                f"The {what} has {len(source)} characters; at most {longest} can be sent.", "Shorten it"
            )
    for source in (
        content.text,
        content.subject,
        content.html,
        *content.template.get("variables", {}).values(),
    ):
        wording.check(source, known)


def settings(broadcast: Broadcast, values: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of a draft as they may be kept. Raises InvalidInput."""
    found = dict(values)
    if "channels" in found:
        found["channels"] = list(dict.fromkeys(_channel(each).value for each in found["channels"]))
    if "include" in found:
        found["include"] = [directory.Filters.read(each).query for each in found["include"]]
    if "exclude" in found:
        known = {str(each.id) for each in lists.everything(broadcast.account)}
        found["exclude"] = [each for each in dict.fromkeys(map(str, found["exclude"])) if each in known]
    if found.get("window"):
        found["window"] = _window(found["window"])
    if found.get("rate") is not None and not 0 < float(found["rate"]) <= FASTEST:
        raise InvalidInput(
            "The speed is a number of messages a second above 0.", "Leave it empty for full speed"
        )
    for name, allowed in (("purpose", Broadcast.Purpose.values), ("pick", Broadcast.Pick.values)):
        if name in found and found[name] not in allowed:
            raise InvalidInput(f"“{str(found[name])[:40]}” can't be chosen here.", "Choose one of the list")
    if isinstance(found.get("starts_at"), datetime) and found["starts_at"].tzinfo is None:
        raise InvalidInput("The time has no time zone.", "Give it with one")
    return found


def missing(broadcast: Broadcast) -> list[str]:
    """Everything that keeps it from being sent, in words; empty where it is ready."""
    found = []
    if not broadcast.include:
        found.append("Choose who gets it: everybody, lists or a filter.")
    if not broadcast.channels:
        found.append("Choose at least one channel.")
    ways = Ways.of(broadcast.account_id)
    for channel, content in contents(broadcast).items():
        found += _missing_on(broadcast, Channel(channel), content, ways)
    return found


def require_ready(broadcast: Broadcast) -> None:
    """Raises InvalidInput naming everything that is missing."""
    if problems := missing(broadcast):
        raise InvalidInput(
            " ".join(problems), "Complete it, then send it", title="This broadcast isn't ready"
        )
    if not audience.contacts(broadcast).exists():
        raise InvalidInput(
            "Nobody is meant by it.", "Choose other lists or filters", title="This broadcast isn't ready"
        )


def freeze(broadcast: Broadcast) -> None:
    """How to unsubscribe, as the account says it today, becomes a part of what is said."""
    for channel, content in contents(broadcast).items():
        content.hint, content.link = hint(broadcast, Channel(channel))
        content.save(force_update=True)


def hint(broadcast: Broadcast, channel: Channel) -> tuple[str, bool]:
    """The words behind every text, and whether the person's own link follows them. An e-mail always has both; a text
    of marketing has the words, and the link where the account wants it; a service text is what it is."""
    rules = sending_rules.of(broadcast.account_id)
    if channel is Channel.EMAIL:
        return rules.hint(channel), True
    if not broadcast.kind.marketing:
        return "", False
    return rules.hint(channel), preference_page(broadcast.account_id).link_in_texts


def templates_for(broadcast: Broadcast, channel: str) -> tuple[Connection | None, bool]:
    """The connection a channel leaves by, and whether it takes nothing but approved templates from us."""
    way = Ways.of(broadcast.account_id).to(channel, "")
    provider = PROVIDERS.get(way.provider) if way else None
    return way, bool(provider and provider.window is not None and channel == Channel.WHATSAPP)


def _missing_on(broadcast: Broadcast, channel: Channel, content: Content, ways: Ways) -> list[str]:
    if any(ways.to(channel, prefix) is None for prefix in ways.prefixes(channel)):
        return [f"No connection sends {channel.label}: an admin can add one under Settings, Channels."]
    if templates_for(broadcast, channel)[1] and not content.template:
        return ["WhatsApp takes only an approved template from a business that writes first: choose one."]
    found = []
    if not (content.text or content.media or content.template):
        found.append(f"Write what it says by {channel.label}.")
    if channel is Channel.EMAIL and not content.subject:
        found.append("The e-mail needs a subject.")
    try:
        check(broadcast, content)
    except InvalidInput as problem:
        found.append(f"{channel.label}: {problem}")
    return found


def _use_template(
    broadcast: Broadcast, content: Content, template_id: str, variables: Mapping[str, str]
) -> None:
    way, _ = templates_for(broadcast, content.channel)
    if way is None:
        raise InvalidInput("No connection sends this.", "An admin can add one under Settings, Channels")
    content.text, parts = templates.fill(templates.one(way, template_id), variables)
    content.template = {**parts["template"], "id": template_id}


def _channel(name: str) -> Channel:
    if name not in list(CONSENT_CHANNELS):
        raise InvalidInput(f"There is no channel “{name[:40]}”.", "Choose one from the list")
    return Channel(name)


def _window(given: Mapping[str, Any]) -> dict[str, Any]:
    try:
        days = sorted({int(day) for day in given["days"]})
        start, end = (time.fromisoformat(str(given[name])) for name in ("start", "end"))
    except (KeyError, ValueError, TypeError) as error:
        raise InvalidInput("The sending hours can't be read.", "Choose days, and times like 09:00") from error
    if not days or not set(days) <= set(range(1, 8)):
        raise InvalidInput("The sending hours have no day.", "Choose at least one")
    if start == end:
        raise InvalidInput("The sending hours begin and end at the same time.", "Choose two times")
    return {"days": days, "start": f"{start:%H:%M}", "end": f"{end:%H:%M}"}


def _files(broadcast: Broadcast) -> QuerySet[MediaFile]:
    return MediaFile.objects.filter(account_id=broadcast.account_id, broadcast_id=broadcast.id)


def _tidy(text: str) -> str:
    return text.replace("\x00", "").replace("\r\n", "\n").strip()
