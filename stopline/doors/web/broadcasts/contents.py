"""What a draft says on each channel, as it stands in the form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from stopline.apps.broadcasts import composing
from stopline.apps.sending import personal, templates
from stopline.apps.sending.media import Attached
from stopline.apps.sending.models import Content
from stopline.doors.web.inbox.templates import Filling
from stopline.rules import files
from stopline.rules.errors import InvalidInput
from stopline.rules.words import CHANNELS, CONSENT_CHANNELS, Channel

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile
    from django.http import QueryDict

    from stopline.apps.accounts.models import Account
    from stopline.apps.broadcasts.models import Broadcast
    from stopline.apps.sending.models import MessageTemplate

Values = dict[str, Any]  # the arguments of `composing.worded`


@dataclass(slots=True)
class Card:
    """One channel's part of the form. `filling`: the chosen template, where only templates are taken."""

    channel: Channel
    content: Content
    typed: Values
    only_templates: bool = False
    templates: Sequence[MessageTemplate] = ()
    filling: Filling | None = None
    hint: str = ""
    problem: str = ""
    limit: files.Limit | None = None
    most: str = ""
    kept: list[Mapping[str, Any]] = field(default_factory=list)

    @property
    def kind(self) -> Any:
        return CHANNELS[self.channel]

    @property
    def is_mail(self) -> bool:
        return self.channel is Channel.EMAIL


def cards(
    broadcast: Broadcast, sent: QueryDict | None = None, problems: Mapping[str, str] | None = None
) -> list[Card]:
    """One for every channel there is, the chosen ones first: the page shows those that are ticked."""
    mine = Content.objects.filter(account_id=broadcast.account_id, broadcast_id=broadcast.id)
    saved = {each.channel: each for each in mine}
    order = [*broadcast.channels, *(each for each in CONSENT_CHANNELS if each not in broadcast.channels)]
    own = {"account_id": broadcast.account_id, "broadcast_id": broadcast.id}
    return [
        _card(
            broadcast,
            saved.get(channel) or Content(**own, channel=channel),
            sent,
            (problems or {}).get(channel, ""),
        )
        for channel in map(Channel, order)
    ]


def read(channel: str, sent: QueryDict) -> Values:
    """What was typed for a channel, as `composing.worded` takes it."""
    front = f"{channel}-value:"
    return {
        "text": sent.get(f"{channel}-text", ""),
        "subject": sent.get(f"{channel}-subject", ""),
        "html": sent.get(f"{channel}-html", ""),
        "template_id": sent.get(f"{channel}-template", ""),
        "variables": {
            name.removeprefix(front): sent.get(name, "") for name in sent if name.startswith(front)
        },
    }


def write(broadcast: Broadcast, sent: QueryDict, chosen: Mapping[str, list[UploadedFile]]) -> dict[str, str]:
    """Keeps what was typed for the broadcast's channels; why not, by channel, where it can't be used."""
    problems = {}
    for channel in broadcast.channels:
        try:
            composing.write(broadcast, channel, **read(channel, sent))
            if attached := chosen.get(channel):
                composing.attach(broadcast, channel, [_attached(each) for each in attached])
            elif sent.get(f"{channel}-remove"):
                composing.attach(broadcast, channel, [])
        except InvalidInput as problem:
            problems[channel] = str(problem)
    return problems


def inserts(account: Account) -> list[tuple[str, str]]:
    """(label, what stands in a text) of every field; a name gets a word for those who have none."""
    return [(label, _place(name)) for name, label in personal.fields_of(account).items()]


def _place(name: str) -> str:
    return '{{ first_name | default: "there" }}' if name == "first_name" else f"{{{{ {name} }}}}"


def _card(broadcast: Broadcast, content: Content, sent: QueryDict | None, problem: str) -> Card:
    channel = Channel(content.channel)
    typed = read(channel, sent) if sent is not None else _saved(content)
    card = Card(channel, content, typed, problem=problem, kept=content.media, limit=files.LIMITS.get(channel))
    card.most = files.size(card.limit.size) if card.limit else ""
    card.hint = _hint(broadcast, channel)
    way, card.only_templates = composing.templates_for(broadcast, channel)
    if way and card.only_templates:
        card.templates = list(templates.offered(way))
        chosen = next((each for each in card.templates if str(each.id) == typed["template_id"]), None)
        card.filling = Filling(chosen, typed["variables"]) if chosen else None
    return card


def _saved(content: Content) -> Values:
    return {
        "text": content.text,
        "subject": content.subject,
        "html": content.html,
        "template_id": content.template.get("id", ""),
        "variables": content.template.get("variables", {}),
    }


def _hint(broadcast: Broadcast, channel: Channel) -> str:
    """What will stand behind the text, in words."""
    hint, link = composing.hint(broadcast, channel)
    return " ".join(part for part in (hint, "and the person’s own link" if link else "") if part)


def _attached(file: UploadedFile) -> Attached:
    return Attached(file.name or "", file.content_type or "", file.read())
