"""Running copies with a broadcast in them."""

import itertools
import subprocess
from dataclasses import dataclass
from typing import Any

import pytest

from stopline.providers.sandbox.receipts import Receipts, SandboxReceipt, connection_key
from tests.doors.cli.conftest import copies, copy, prepared  # noqa: F401 (fixtures)
from tests.doors.cli.copies import Copy, wait_until
from tests.promise import witness
from tests.promise.colleague import CONFIRMATION, Colleague

_runs = itertools.count(1)
STATES = """
SELECT state, count(*) FROM sending_message WHERE account_id = %s AND broadcast_id IS NOT NULL GROUP BY state
"""
WAITING = "SELECT count(*) FROM sending_message WHERE account_id = %s AND state IN ('queued', 'handing_over')"


@dataclass
class Sending:
    """An account that sends broadcasts to everybody it has."""

    copy: Copy
    colleague: Colleague
    account: str
    token: str
    addresses: list[str]
    broadcast: str = ""

    @classmethod
    def of(cls, copy: Copy, colleague: Colleague, people: int) -> "Sending":  # noqa: F811
        told = colleague("open", people=people, run=next(_runs))
        return cls(copy, colleague, told["account"], told["token"], told["addresses"])

    def send(self) -> "Sending":
        self.broadcast = self.colleague("send", account=self.account)["broadcast"]
        return self

    def order(self, verb: str) -> int:
        """When it was acknowledged, in nanoseconds since 1970."""
        return int(self.colleague(verb, account=self.account, broadcast=self.broadcast)["done_ns"])

    def stops(self, number: int, pause: float) -> witness.People:
        """So many of all, evenly: some have got their message by then, some have not."""
        those = self.addresses[:: len(self.addresses) // number]
        return witness.People(self.copy.port, self.token, those[:number], pause)

    def ask(self, query: str, *values: Any) -> Any:
        with self.copy.database() as database:
            return database.execute(query, values).fetchall()

    @property
    def states(self) -> dict[str, int]:
        return dict(self.ask(STATES, self.account))

    @property
    def state(self) -> str:
        return str(self.ask("SELECT state FROM broadcasts_broadcast WHERE id = %s", self.broadcast)[0][0])

    @property
    def receipts(self) -> list[SandboxReceipt]:
        mine = connection_key(self.token)
        return [each for each in Receipts(self.copy.data).all() if each.connection == mine]

    def left(self) -> int:
        """Messages that were handed over so far, the broadcast's own."""
        return sum(receipt.text != CONFIRMATION for receipt in self.receipts)

    def wait_until_left(self, number: int) -> None:
        wait_until(lambda: self.left() >= number, 120, lambda: f": {self.states}")

    def settle(self) -> None:
        """Until it is done and nothing, confirmations too, is on its way any more."""
        wait_until(lambda: self.state == "done", 180, lambda: f": {self.states}\n{self.copy.said()[-3000:]}")
        wait_until(lambda: self.ask(WAITING, self.account)[0][0] == 0, 60, lambda: f": {self.states}")

    def prove(self, people: witness.People, moment=lambda receipt: receipt.started_ns) -> float | None:
        """Nothing after the acknowledgement, nothing twice, nothing lost, a ledger that agrees; the latest of all."""
        self.settle()
        receipts = self.receipts
        late = max(witness.last_after(receipts, people.opt_outs, CONFIRMATION, moment).values(), default=None)
        states = self.states
        assert len(people.opt_outs) == len(people.addresses)
        assert late is None or late <= 0
        assert witness.handed_over_twice(receipts) == []
        left_out = "SELECT left_out FROM broadcasts_broadcast WHERE id = %s"
        early = sum(self.ask(left_out, self.broadcast)[0][0].values())  # stopped before theirs was written
        assert sum(states.values()) == len(self.addresses) - early
        assert set(states) <= {
            "sent",
            "delivered",
            "refused",
        }  # the sandbox can be asked: nothing stays unknown
        assert self.left() == sum(states.values()) - states.get("refused", 0)
        verified = self.copy.run("ledger", "verify")
        assert verified.returncode == 0, verified.stdout + verified.stderr
        return late


@pytest.fixture(scope="module")
def shared(tmp_path_factory, prepared):  # noqa: F811 (the fixture)
    """A copy that runs as long as this module's tests, with a colleague; nobody kills anything in it."""
    made = Copy(tmp_path_factory.mktemp("shared") / "data")
    subprocess.run(["cp", "-a", prepared, made.data], check=True)
    made.start()
    colleague = Colleague(made)
    yield made, colleague
    colleague.close()
    made.clear()


@pytest.fixture
def calm(shared):
    """Makes an account with so many people, in the copy all share."""
    return lambda people: Sending.of(*shared, people)


@pytest.fixture
def rough(copy):  # noqa: F811 (the fixture)
    """The same in a copy of its own, which may be started in its own way and be killed."""
    colleagues = []

    def make(people: int, **environment: str) -> Sending:
        if not copy.process:
            copy.start(**environment)
            colleagues.append(Colleague(copy))
        return Sending.of(copy, colleagues[0], people)

    yield make
    for each in colleagues:
        each.close()
