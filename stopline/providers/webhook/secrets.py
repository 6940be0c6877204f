"""A connection's signing secrets: the present one first."""

from stopline.providers.base import Way

NAMES = ("signing_secret", "previous_secret")


def of(way: Way) -> list[str]:
    return [way.credentials[name] for name in NAMES if way.credentials.get(name)]
