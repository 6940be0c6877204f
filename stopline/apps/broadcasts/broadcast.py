"""The verbs of a broadcast: made, changed, sent, paused, resumed, cancelled. Any member may; the gate decides for each
message, whoever sends it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from stopline.apps.accounts import live
from stopline.apps.accounts.tenancy import uuid7
from stopline.apps.broadcasts import composing, lookup, writing
from stopline.apps.broadcasts.models import Broadcast
from stopline.apps.sending.models import Content, MediaFile, Message, Stream
from stopline.apps.sending.routes import Ways
from stopline.rules.errors import Conflict, InvalidInput
from stopline.rules.words import MessageState

if TYPE_CHECKING:
    from stopline.apps.accounts.models import Member

State = Broadcast.State
LONGEST_NAME = 120
# A broadcast by local time begins where the day does: at most so long before the account's own hour.
EARLIEST_ZONE = timedelta(hours=26)


def create(by: Member, name: str = "") -> Broadcast:
    """A draft."""
    made = Broadcast.objects.create(
        account=by.account, id=uuid7(), name=_name(name or "New broadcast"), created_by_id=by.id
    )
    live.announce(by.account_id, "broadcasts")
    return made


def change(broadcast: Broadcast, **values: Any) -> None:
    """`values`: columns of a draft (name, purpose, include, exclude, channels, pick, starts_at, local_time, window,
    rate). Raises Conflict for one that was sent, InvalidInput naming what can't be used."""
    with transaction.atomic():
        lookup.draft(broadcast)
        checked = composing.settings(broadcast, values)
        if "name" in checked:
            checked["name"] = _name(checked["name"])
        for name, value in checked.items():
            setattr(broadcast, name, value)
        broadcast.save(update_fields=[*checked, "changed_at"])
        live.announce(broadcast.account_id, "broadcasts", f"broadcast:{broadcast.id}")


def copy(by: Member, broadcast: Broadcast) -> Broadcast:
    """A draft that says the same to the same people."""
    kept = ("purpose", "include", "exclude", "channels", "pick", "local_time", "window", "rate")
    with transaction.atomic():
        made = create(by, f"Copy of {broadcast.name}"[:LONGEST_NAME])
        change(made, **{name: getattr(broadcast, name) for name in kept})
        composing.copy(broadcast, made)
    return made


def delete(broadcast: Broadcast) -> None:
    """A draft only: what was sent stays. Raises Conflict."""
    with transaction.atomic():
        lookup.draft(broadcast)
        for noun in (Content, MediaFile):
            noun.objects.filter(account_id=broadcast.account_id, broadcast_id=broadcast.id).delete()
        Broadcast.objects.filter(pk=broadcast.pk).delete()
        live.announce(broadcast.account_id, "broadcasts")


def send(by: Member, broadcast: Broadcast) -> None:
    """Now, or when it is scheduled for. From here on it says what it says. Raises Conflict, InvalidInput naming
    everything that is missing."""
    with transaction.atomic():
        current = lookup.draft(broadcast)
        composing.require_ready(current)
        composing.freeze(current)
        scheduled = begins_later(current)
        Broadcast.objects.filter(pk=broadcast.pk).update(
            state=State.SCHEDULED if scheduled else State.SENDING,
            sent_by_id=by.id,
            started_at=None if scheduled else Now(),
        )
        if not scheduled:
            begin(current)
        live.announce(broadcast.account_id, "broadcasts", f"broadcast:{broadcast.id}")


def begins_later(broadcast: Broadcast) -> bool:
    """Whether Send only schedules it: its time, or by local time the first of its times, is still to come."""
    if broadcast.starts_at is None:
        return False
    return broadcast.starts_at - (EARLIEST_ZONE if broadcast.local_time else timedelta()) > timezone.now()


def begin(broadcast: Broadcast) -> None:
    """Opens its streams and has its messages written; in a transaction of the caller's."""
    writing.open_streams(broadcast, Ways.of(broadcast.account_id))
    writing.send(broadcast)
    live.announce(broadcast.account_id, "streams")


def unschedule(broadcast: Broadcast) -> None:
    """A draft again, to be changed. Raises Conflict where it has begun."""
    _move(broadcast, (State.SCHEDULED,), State.DRAFT, "It has begun already.", "Pause or cancel it instead")


def pause(broadcast: Broadcast, problem: str = "") -> None:
    """No batch is taken up any more; what is at the provider's door leaves. Raises Conflict where it isn't sending."""
    told = "Only a broadcast that is being sent can be paused."
    _move(
        broadcast, (State.SENDING,), State.PAUSED, told, "Reload the page to see how it is", problem=problem
    )


def resume(broadcast: Broadcast) -> None:
    """Goes on where it stopped. Raises Conflict where it isn't paused."""
    told = "Only a paused broadcast can be resumed."
    with transaction.atomic():
        _move(broadcast, (State.PAUSED,), State.SENDING, told, "Reload the page to see how it is", problem="")
        current = lookup.locked(broadcast)
        if current.written_at is None:
            begin(current)


def cancel(broadcast: Broadcast) -> None:
    """What has not left doesn't. For ever: its messages are marked so in a while. Raises Conflict where it is over."""
    going = (State.SCHEDULED, State.SENDING, State.PAUSED)
    told = "This broadcast is over, or was never sent."
    _move(broadcast, going, State.CANCELLED, told, "Reload the page to see how it is", problem="")


def retry_unknown(by: Member, broadcast: Broadcast) -> int:
    """Messages whose outcome nobody knows go again, because a person says so; some may arrive twice.

    How many. Raises Conflict where there are none, or the broadcast is no longer on its way or done.
    """
    with transaction.atomic():
        current = lookup.locked(broadcast)
        if current.state not in (State.SENDING, State.PAUSED, State.DONE):
            raise Conflict("This broadcast was cancelled, so nothing goes out again.", "Send a new broadcast")
        unknown = Message.objects.filter(
            account_id=broadcast.account_id, broadcast_id=broadcast.id, state=MessageState.UNKNOWN
        )
        number = unknown.update(state=MessageState.QUEUED, due_at=Now(), attempts=0, failure="")
        if not number:
            raise Conflict("There is no message whose outcome is unknown.", "Reload the page")
        if current.state == State.DONE:
            Broadcast.objects.filter(pk=broadcast.pk).update(state=State.SENDING, finished_at=None)
            _streams(broadcast).update(state=Stream.State.RUNNING, free_at=Now())
        live.announce(by.account_id, "broadcasts", f"broadcast:{broadcast.id}", "streams")
    return number


FLOW = {
    State.SENDING: Stream.State.RUNNING,
    State.PAUSED: Stream.State.PAUSED,
    State.CANCELLED: Stream.State.STOPPED,
}


def _move(
    broadcast: Broadcast, before: tuple[str, ...], after: State, told: str, step: str, **values: Any
) -> None:
    """One state to another, streams and all; both take effect with the commit."""
    with transaction.atomic():
        current = lookup.locked(broadcast)
        if current.state not in before:
            raise Conflict(told, step)
        finished = {"finished_at": Now()} if after == State.CANCELLED else {}
        Broadcast.objects.filter(pk=broadcast.pk).update(state=after, **finished, **values)
        if flow := FLOW.get(after):
            # Locked in a statement of its own: one that `routes.hand_on` has just added is seen by the next.
            list(_streams(broadcast).select_for_update(of=("self",)).order_by("channel", "connection_id"))
            _streams(broadcast).update(state=flow)
        broadcast.state = after
        live.announce(broadcast.account_id, "broadcasts", f"broadcast:{broadcast.id}", "streams")


def _streams(broadcast: Broadcast) -> Any:
    return Stream.objects.filter(account_id=broadcast.account_id, broadcast_id=broadcast.id)


def _name(name: str) -> str:
    name = " ".join(name.replace("\x00", "").split())
    if not name:
        raise InvalidInput("A broadcast needs a name.", "Write one; only your team sees it")
    if len(name) > LONGEST_NAME:
        raise InvalidInput(
            f"The name has {len(name)} characters, and at most {LONGEST_NAME} are kept.", "Shorten it"
        )
    return name
