"""Approved messages of a connection: fetched from its provider, kept, offered, filled in."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from stopline.apps.accounts import live
from stopline.apps.sending import connections
from stopline.apps.sending.models import Connection, MessageTemplate
from stopline.providers.errors import ProviderError, TryLater
from stopline.providers.registry import PROVIDERS
from stopline.providers.templates import FoundTemplate, Templates, filled
from stopline.rules.errors import InvalidInput, StoplineError

if TYPE_CHECKING:
    from stopline.providers.base import Way

TASK = "stopline.refresh_templates"
PATIENCE = 20.0  # seconds for all pages
LONGEST_VALUE = 1000  # characters
KEPT = ("category", "approved", "hindrance", "header", "text", "footer", "buttons", "variables")


class NotFetched(StoplineError):
    """The templates could not be fetched"""

    status = 502


def refresh(connection: Connection) -> int:
    """Fetches a connection's templates anew; how many it has. Raises NotFetched, and InvalidInput where it has none."""
    make = PROVIDERS[connection.provider].templates if connection.provider in PROVIDERS else None
    if make is None:
        raise InvalidInput(f"{connection.name} has no templates", "Choose a WhatsApp connection")
    try:
        found = asyncio.run(_fetch(make(), connections.way(connection)))
    except ProviderError as error:
        _note(connection, str(error))
        raise NotFetched(str(error), "Those fetched earlier are still offered") from error
    _keep(connection, {(each.name, each.language): each for each in found})
    live.announce(connection.account_id, "templates")
    return len(found)


def refreshable() -> list[tuple[UUID, UUID]]:
    """(account, connection) of all that have templates."""
    having = [name for name, provider in PROVIDERS.items() if provider.templates]
    active = Connection.objects.filter(provider__in=having, state=Connection.State.ACTIVE)
    return list(active.values_list("account_id", "id"))


def refresh_later(which: Iterable[tuple[UUID, UUID]]) -> None:
    """A job for each, so that one slow provider keeps nobody waiting; one that is waiting already is enough."""
    for account, connection in which:
        job = app.configure_task(TASK, queueing_lock=f"{TASK}:{connection}")
        with suppress(AlreadyEnqueued), transaction.atomic():
            job.defer(account_id=str(account), connection_id=str(connection))


def refresh_quietly(account_id: UUID, connection_id: UUID) -> None:
    """For a worker: what went wrong is on the connection, and an hour later is another time."""
    found = Connection.objects.filter(account_id=account_id, id=connection_id).first()
    if found:
        with suppress(StoplineError):
            refresh(found)


def offered(connection: Connection) -> QuerySet[MessageTemplate]:
    """Approved, and nothing in them that can't be filled in here."""
    mine = MessageTemplate.objects.filter(account_id=connection.account_id, connection_id=connection.id)
    return mine.filter(approved=True, hindrance="").order_by("name", "language")


def one(connection: Connection, template_id: str) -> MessageTemplate:
    """Raises InvalidInput where it isn't offered (any more)."""
    try:
        found = offered(connection).filter(id=UUID(template_id)).first()
    except ValueError:
        found = None
    if found is None:
        raise InvalidInput("This template isn't offered (any more)", "Choose another one from the list")
    return found


def fill(template: MessageTemplate, values: Mapping[str, str]) -> tuple[str, dict[str, Any]]:
    """The text as the contact will read it, and the message's `parts`. Raises InvalidInput for what is missing."""
    given = {each["key"]: " ".join(values.get(each["key"], "").split()) for each in template.variables}
    missing = [each["label"] for each in template.variables if not given[each["key"]]]
    if missing:
        raise InvalidInput(
            f"The template {template.name} needs more: {', '.join(missing)}", "Fill everything in"
        )
    if any(len(value) > LONGEST_VALUE for value in given.values()):
        raise InvalidInput(f"A variable has at most {LONGEST_VALUE} characters", "Shorten it")
    said = {"name": template.name, "language": template.language, "variables": given}
    return preview(template, given), {"template": said}


def preview(template: MessageTemplate, values: Mapping[str, str]) -> str:
    """Header, text and footer with the values in their places."""
    parts = (
        _filled(template.header, "header", values),
        _filled(template.text, "body", values),
        template.footer,
    )
    return "\n\n".join(part for part in parts if part) or template.name


def _filled(text: str, part: str, values: Mapping[str, str]) -> str:
    mine = {
        key.removeprefix(f"{part}:"): value for key, value in values.items() if key.startswith(f"{part}:")
    }
    return filled(text, mine)


async def _fetch(templates: Templates, way: Way) -> list[FoundTemplate]:
    try:
        async with asyncio.timeout(PATIENCE):
            return [each async for each in templates.listed(way)]
    except TimeoutError as error:
        raise TryLater("The provider takes too long to answer. Try again in a few minutes.") from error
    finally:
        await templates.close()


@transaction.atomic
def _keep(connection: Connection, found: Mapping[tuple[str, str], FoundTemplate]) -> None:
    """A template keeps its id, so that a composer that is open meanwhile still knows it."""
    own = {"account_id": connection.account_id, "connection_id": connection.id}
    # One refresh at a time: two side by side would keep what only the slower one saw.
    Connection.objects.select_for_update(no_key=True).get(
        account_id=own["account_id"], id=own["connection_id"]
    )
    for row in MessageTemplate.objects.filter(**own):
        if (row.name, row.language) not in found:
            row.delete()
    MessageTemplate.objects.bulk_create(
        [MessageTemplate(**own, **_columns(each)) for each in found.values()],
        batch_size=500,
        update_conflicts=True,
        unique_fields=["account", "connection_id", "name", "language"],
        update_fields=KEPT,
    )


def _columns(found: FoundTemplate) -> dict[str, Any]:
    kept: dict[str, Any] = {name: getattr(found, name) for name in ("name", "language", *KEPT)}
    variables = [asdict(variable) for variable in found.variables]
    return {**kept, "buttons": list(found.buttons), "variables": variables}


def _note(connection: Connection, error: str) -> None:
    mine = Connection.objects.filter(account_id=connection.account_id, id=connection.id)
    mine.update(last_error=f"Templates: {error}", last_error_at=timezone.now())
    live.announce(connection.account_id, "connections")
