"""Long texts come in parts, in any order; here they wait for each other."""

from __future__ import annotations

from dataclasses import dataclass, field

from stopline.providers.base import clock
from stopline.providers.smpp.pdu import Message
from stopline.providers.smpp.texts import Part

MISSING = " […] "
WAIT = 60.0  # seconds for the rest; then what is there is taken

Key = tuple[str, str, int, int]


@dataclass(slots=True)
class Waiting:
    """`octets` by number of the part; `first` says who wrote it, to whom and in which alphabet."""

    id: str
    first: Message
    total: int
    since: float = field(default_factory=clock)
    octets: dict[int, bytes] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        return len(self.octets) == self.total

    def runs(self) -> list[bytes]:
        """The octets of parts that follow one another, so that no character is cut in two."""
        runs: list[bytes] = []
        for number in sorted(self.octets):
            if runs and number - 1 in self.octets:
                runs[-1] += self.octets[number]
            else:
                runs.append(self.octets[number])
        return runs


class Joining:
    def __init__(self) -> None:
        self.waiting: dict[Key, Waiting] = {}

    def add(self, id_: str, message: Message, part: Part, octets: bytes) -> Key:
        """A part that comes twice counts once. `id_` names the whole, if it is the first that came."""
        key = (message.source.text, message.destination.text, part.reference, part.total)
        whole = self.waiting.setdefault(key, Waiting(f"{id_}+", message, part.total))
        whole.octets.setdefault(part.number, octets)
        return key

    def overdue(self, *, all_of_them: bool = False) -> list[Key]:
        late = clock() - WAIT
        return [key for key, whole in self.waiting.items() if all_of_them or whole.since < late]
