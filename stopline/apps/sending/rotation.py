"""Encrypting every connection's credentials anew under a new key. Killed at any moment, it goes on when run again."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from django.db import transaction

from stopline.apps.sending import credentials
from stopline.apps.sending.models import Connection

BATCH = 100
Place = tuple[UUID, UUID]  # an account's id and a connection's
START: Place = (UUID(int=0), UUID(int=0))


@dataclass
class Rotation:
    """`resumed`: an earlier one was interrupted, and this one has finished it instead of making another key."""

    resumed: bool
    encrypted: int = 0
    unreadable: list[Connection] = field(default_factory=list)  # no key of ours opens them


def rotate(batch: int = BATCH) -> Rotation:
    """A new key, everything encrypted under it, and only then the old keys forgotten.

    The old keys stay first readable, then unneeded, then gone: at no moment is something encrypted with a key that
    isn't on disk. Raises StoplineError where the environment holds one single key, which can't be changed from here.
    """
    done = Rotation(resumed=credentials.several_keys())
    if not done.resumed:
        # Whoever encrypts waits, so what was encrypted under the old key is committed and found below.
        with credentials.changing_keys():
            credentials.new_key()
    last: Place | None = START
    while last:
        last = _encrypt_batch(done, last, batch)
    with credentials.changing_keys():
        credentials.forget_old_keys()
    return done


def _encrypt_batch(done: Rotation, after: Place, size: int) -> Place | None:
    """The next connections in a transaction; where it stopped, None at the end."""
    with transaction.atomic():
        found = list(
            Connection.ever.select_for_update(no_key=True)
            .exclude(credentials="")
            .extra(where=["(account_id, id) > (%s, %s)"], params=list(after))
            .order_by("account_id", "id")[:size]
        )
        for each in found:
            try:
                anew = credentials.rotate(each.credentials)
            except credentials.KeyMissing:
                done.unreadable.append(each)
                continue
            if anew != each.credentials:
                each.credentials = anew
                each.save(update_fields=["credentials"])
                done.encrypted += 1
    return (found[-1].account_id, found[-1].id) if found else None
