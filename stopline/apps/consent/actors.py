"""Who or what decided a change of standing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stopline.apps.accounts.models import Member


@dataclass(frozen=True, slots=True)
class Actor:
    """`kind` is member, person (the contact themselves) or system; `name` is how the history calls them."""

    kind: str
    name: str
    id: str = ""
    is_admin: bool = False

    @classmethod
    def member(cls, member: Member) -> Actor:
        return cls("member", str(member.user), str(member.id), member.is_admin)

    @classmethod
    def person(cls, address: str) -> Actor:
        return cls("person", address)

    @classmethod
    def system(cls, name: str) -> Actor:
        return cls("system", name)
