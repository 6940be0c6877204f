"""An account's line to its gateway: opens the session, opens it again, and takes in what comes over it."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import random
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

import orjson
import structlog

from stopline.providers.base import Permit, Request, Take, Way, clock
from stopline.providers.errors import OutcomeUnknown, ProviderError, TryLater
from stopline.providers.smpp import arrivals, joining, pdu, session, statuses, terms, texts
from stopline.providers.smpp.arrivals import Told
from stopline.providers.smpp.pace import Pace
from stopline.providers.smpp.pdu import Malformed, Pdu
from stopline.providers.smpp.session import Session

SHORTEST_PAUSE, LONGEST_PAUSE = 0.5, 60.0  # seconds between two attempts to open it
STABLE = 60.0  # seconds after which a session that ends was no failed attempt
REPEATED = 60.0  # seconds in which the same text on another session is the one whose answer was lost
SWEEP_EVERY = 5.0
MOST_REMEMBERED = 1_000
log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Arrived:
    id: str
    session: Session
    at: float
    answered: bool = False


class Line:
    def __init__(self, way: Way) -> None:
        """Raises Misconfigured."""
        self.way, self.terms = way, terms.of(way)
        self.take: Take | None = (
            None  # without it nothing can be stored, and the gateway is asked to come again
        )
        self.pace = Pace(self.terms.per_second)
        self.joining = joining.Joining()
        self.arrived: dict[str, Arrived] = {}
        self.opening = asyncio.Lock()
        self.current: Session | None = None
        self.opened_at = self.not_before = 0.0
        self.pause = SHORTEST_PAUSE
        self.closed = asyncio.Event()

    async def keep(self) -> None:
        """Keeps a session open until `close`. Raises Misconfigured."""
        sweeping = asyncio.create_task(self._sweep())
        try:
            while not self.closed.is_set():
                try:
                    await (await self.session()).ended.wait()
                except TryLater as away:
                    log.info("smpp.away", connection=str(self.way.id), error=str(away))
                await asyncio.sleep(max(self.not_before - clock(), 0.01))
        finally:
            sweeping.cancel()

    async def session(self) -> Session:
        """The bound session, opened if there is none. Raises TryLater, Misconfigured."""
        async with self.opening:
            if self.current and not self.current.ended.is_set():
                return self.current
            self._was_lost()
            if self.closed.is_set():
                raise TryLater
            if (wait := self.not_before - clock()) > 0:
                raise TryLater(session.AWAY, after_seconds=wait)
            try:
                self.current = await session.opened(self.terms, self._deliver)
            except ProviderError:
                self._back_off()
                raise
            self.opened_at = clock()
            return self.current

    async def send(self, permit: Permit, parts: Sequence[bytes]) -> str:
        """Hands the parts over as one message; the gateway's id for the last, whose receipt is asked for.

        Raises PermitLapsed, and what the first part is refused with. Once that is taken, a refusal of another leaves a
        part of the message on its way: OutcomeUnknown.
        """
        current = await self.session()
        await self.pace.turn(len(parts), permit)
        first = await current.submit(parts[0], permit, session.RESPOND_WITHIN)
        if first.status != statuses.OK:
            raise statuses.raised(first.status)
        answers, started = [first], clock()
        for number, part in enumerate(parts[1:], 1):
            await self.pace.between(number, started)
            answers.append(await self._rest(current, part, session.RESPOND_WITHIN - (clock() - started)))
        return terms.answered_id(_id(answers[-1]), self.terms.receipt_ids)

    async def close(self) -> None:
        self.closed.set()
        if self.current:
            await self.current.close()
        for key in self.joining.overdue(all_of_them=True):
            with contextlib.suppress(Exception):  # its parts are kept each for itself
                await self._join(key)

    async def _rest(self, current: Session, part: bytes, within: float) -> Pdu:
        try:
            answer = await current.submit(part, None, max(within, 0))
        except TryLater as error:
            raise OutcomeUnknown from error
        if answer.status != statuses.OK:
            raise OutcomeUnknown(
                f"The gateway took only the beginning of the message. {statuses.raised(answer.status)}"
            )
        return answer

    def _was_lost(self) -> None:
        if self.current is None:
            return
        if clock() - self.opened_at > STABLE:
            self.pause = SHORTEST_PAUSE
        self.current = None
        self._back_off()

    def _back_off(self) -> None:
        # Jitter: every line to a gateway that comes back must not come back at once.
        self.not_before = clock() + self.pause * random.uniform(0.5, 1)  # noqa: S311 (not for a secret)
        self.pause = min(self.pause * 2, LONGEST_PAUSE)

    async def _deliver(self, current: Session, found: Pdu) -> int:
        """The status to answer with: only what is stored is answered with yes."""
        arrived = self._arrival(current, found)
        if arrived.answered:
            return statuses.OK
        if self.take is None:
            return statuses.TEMPORARY
        try:
            await self._taken(arrived.id, found)
        except Exception as error:  # the gateway must learn that it has to come again
            log.warning("smpp.not_taken", connection=str(self.way.id), error=type(error).__name__)
            return statuses.TEMPORARY
        arrived.answered, arrived.at = True, clock()
        return statuses.OK

    async def _taken(self, id_: str, found: Pdu) -> None:
        try:
            message = pdu.message(found.body)
        except Malformed:
            return await self._tell({"kind": "other", "id": id_, "octets": found.body.hex()})
        if told := arrivals.receipt(message, self.terms):
            return await self._tell({"id": id_, **told})
        part, octets = arrivals.part(message)
        if part is None:
            return await self._tell(arrivals.written(id_, message, octets, self.terms))
        await self._tell({**arrivals.other(message, "part"), "id": id_})
        key = self.joining.add(id_, message, part, octets)
        if self.joining.waiting[key].complete:
            await self._join(key)
        return None

    async def _join(self, key: joining.Key) -> None:
        """Takes a long text, with gaps marked where parts never came."""
        whole = self.joining.waiting[key]
        texts_ = [
            texts.decode(run, whole.first.data_coding, self.terms.alphabet) or "" for run in whole.runs()
        ]
        told = arrivals.written(whole.id, whole.first, b"", self.terms)
        gap = "" if whole.complete else joining.MISSING
        if told["kind"] == "message":
            await self._tell(
                {**told, "text": (joining.MISSING.join(texts_) + gap).strip() or joining.MISSING}
            )
        del self.joining.waiting[key]

    async def _tell(self, told: Told) -> None:
        if self.take is None:
            raise TryLater
        await self.take(self.way, Request(orjson.dumps(told), {}))

    def _arrival(self, current: Session, found: Pdu) -> Arrived:
        """SMPP 3.4 names no inbound message. The same octets are the same message where its answer may have been lost:
        before we answered yes, and shortly afterwards on another session."""
        key = hashlib.sha256(found.body).hexdigest()
        known = self.arrived.get(key)
        lost = known and known.session is not current and clock() - known.at < REPEATED
        if known and (lost or not known.answered):
            known.session = current
            return known
        while len(self.arrived) >= MOST_REMEMBERED:
            del self.arrived[next(iter(self.arrived))]
        self.arrived.pop(key, None)
        self.arrived[key] = Arrived(uuid.uuid4().hex, current, clock())
        return self.arrived[key]

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_EVERY)
            for key in self.joining.overdue():
                try:
                    await self._join(key)
                except Exception as error:  # tried again at the next look
                    log.warning("smpp.not_taken", connection=str(self.way.id), error=type(error).__name__)


def _id(answer: Pdu) -> str:
    """The gateway took the message; without an id it can't be recognised in receipts, and is taken all the same."""
    try:
        return pdu.Reading(answer.body).text(65).replace("\x00", "")[:65]
    except Malformed:
        return ""
