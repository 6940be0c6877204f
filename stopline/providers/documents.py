"""What providers post as JSON, in a form that can be kept."""

from __future__ import annotations

from typing import Any

import orjson

from stopline.rules.errors import InvalidInput

DEEPEST = 64


def document(body: bytes) -> dict[str, Any]:
    """A JSON object, `storable`. Raises InvalidInput."""
    try:
        found = storable(orjson.loads(body))
    except orjson.JSONDecodeError as error:
        raise InvalidInput(f"The body is not JSON ({error})", "Send one JSON object") from error
    if not isinstance(found, dict):
        raise InvalidInput("The body is not an object", "Send one JSON object")
    return found


def storable(found: Any, deepest: int = DEEPEST) -> Any:
    """The same without NUL characters, which PostgreSQL can keep in no text. Raises InvalidInput where it is nested
    more deeply than any provider nests, and than can be written again.
    """
    if not deepest:
        raise InvalidInput(f"The body is nested more than {DEEPEST} levels deep", "Send one JSON object")
    match found:
        case str():
            return found.replace("\x00", "")
        case list():
            return [storable(item, deepest - 1) for item in found]
        case dict():
            return {storable(name): storable(value, deepest - 1) for name, value in found.items()}
    return found
