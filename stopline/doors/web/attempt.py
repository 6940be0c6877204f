"""Forms that call a verb."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from django.forms import Form

from stopline.rules.errors import Conflict, InvalidInput

Done = TypeVar("Done")


def attempt(form: Form, verb: Callable[[], Done]) -> Done | None:
    """What the verb gives back; None where it refuses what was typed, which the form then says."""
    try:
        return verb()
    except (InvalidInput, Conflict) as refusal:
        form.add_error(None, str(refusal))
        return None
