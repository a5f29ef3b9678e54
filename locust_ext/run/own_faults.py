"""What becomes of a run when something of our own fails: a greenlet, a listener, a message's handler.

Law: a run in which anything of ours raised never passes. Where its locks depend on what failed, it ends; a worker tells
its master, who decides.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Annotated, Any, ClassVar

from locust.exception import RPCError
from pydantic import AfterValidator

from locust_ext.process import supervised
from locust_ext.process.supervised import RAISES, Fault, Stake, guarded, report
from locust_ext.process.wire import Message, Sentence
from locust_ext.run.controller import RunController

FAULT = "locust_ext.fault"

STARTS = "test_start"
"""The event whose listener follows a run's orders."""

STAKES: Mapping[str, Stake] = {
    STARTS: Stake.START,
    "heartbeat_received": Stake.SAFETY,
    "locust_ext.ask": Stake.LOCK,
    "locust_ext.lease": Stake.LOCK,
    "locust_ext.kill": Stake.SAFETY,
    "locust_ext.drain": Stake.SAFETY,
    "locust_ext.orders": Stake.LOCK,
    "locust_ext.hello": Stake.LOCK,
    "locust_ext.follows": Stake.LOCK,
}
"""What hangs on the listener of an event or a message; of all others evidence does."""


def _is_stake(name: str) -> str:
    if name not in Stake.__members__:
        raise ValueError("it is not one of ours")
    return name


class FaultTold(Message):
    """A worker tells its master that something of ours failed there."""

    type: ClassVar[str] = FAULT

    where: Sentence
    what: Sentence
    stake: Annotated[str, AfterValidator(_is_stake)]
    lost: bool


class OwnFaults:
    """Hears what fails in this process, for one environment; ``stop`` ends a run for safety, with its locks shut."""

    def __init__(
        self, runner: Any, controller: RunController, stop: Callable[[str], object], *, is_worker: bool
    ) -> None:
        self._runner, self._controller, self._stop, self._is_worker = runner, controller, stop, is_worker
        self.cannot_begin: Callable[[str], None] = lambda _: None
        """Ends a run that is not to begin."""
        self._lasting: list[Fault] = []
        """What was lost for as long as the process lives."""
        self._told: set[str] = set()
        supervised.hear(self.hear)

    def let_go(self) -> None:
        """Hear no more."""
        supervised.hear_no_more(self.hear)

    def guard(self, event: str, listener: Callable[..., None]) -> Callable[..., None]:
        """Return the listener of an event, or the handler of a message, as Locust is to call it."""
        return guarded(f"locust_ext's listener of {event}", listener, STAKES.get(event, Stake.EVIDENCE))

    def begin(self) -> None:
        """Begin a run: what was lost before it is lost for it too."""
        supervised.begin()
        self._told.clear()
        for fault in self._lasting:
            self._take(fault)

    def hear(self, fault: Fault) -> None:
        """Have a fault of this process put the run in doubt, or end it."""
        if fault.lost and fault.lasts:
            self._lasting.append(fault)
        self._take(fault)

    def _take(self, fault: Fault) -> None:
        if self._is_worker:
            if fault.lost and fault.stake is Stake.SAFETY:
                self._stop(fault.text)
            self._tell_master(fault)
        else:
            self._judge(fault)

    def _judge(self, fault: Fault, where: str = "") -> None:
        sentence = fault.text + where
        if fault.stake is Stake.LOOKS and not fault.lost:
            self._controller.mention(sentence)
            return
        if fault.lost and fault.stake is Stake.START:
            self.cannot_begin(sentence)
        self._controller.doubt(sentence, fault.where + where)
        if fault.lost and fault.stake is Stake.SAFETY:
            self._stop(sentence)
        elif fault.lost and fault.stake is Stake.LOCK:
            self._controller.put_out("", sentence)
        elif fault.lost and fault.stake is Stake.LOAD:
            self._controller.give_up(sentence)

    def _tell_master(self, fault: Fault) -> None:
        """Tell of a fault once a run; where the master cannot be reached, it misses this worker's last report."""
        if fault.text not in self._told:
            self._told.add(fault.text)
            told = FaultTold(where=fault.where, what=fault.what, stake=fault.stake.name, lost=fault.lost)
            with suppress(RPCError):
                told.send(self._runner)

    def receive(self, worker: str, told: FaultTold) -> None:
        """Take what failed on a worker."""
        self._judge(Fault(told.where, told.what, Stake[told.stake], told.lost), f" (on worker {worker})")

    def finish(self, judge: Callable[[], None]) -> None:
        """Have ``judge`` give the verdict; where it raises, what is known is judged without it, or nothing is."""
        try:
            judge()
        except RAISES as error:
            report("the judging of the run", error, Stake.EVIDENCE)
            if not self._is_worker:
                self._controller.fail_to_judge()
                guarded("the verdict", self._controller.conclude)(last=True)
