from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest

from crossmodal.signals import SIGNALS, Stopped, asked, held, ignore, listening, stop_if_asked


@pytest.fixture(autouse=True)
def _listen() -> Iterator[None]:
    before = signal.getsignal(signal.SIGTERM)
    with listening():
        yield
    assert signal.getsignal(signal.SIGTERM) is before


def ask(number: int = signal.SIGTERM) -> None:
    os.kill(os.getpid(), number)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGUSR1])
def test_work_without_a_state_ends_at_once(number: int) -> None:
    with pytest.raises(Stopped, match=r"^stopped by SIG.* before its end") as caught:
        ask(number)
    assert caught.value.exit_code == 75
    # Nothing that comes later disturbs the clearing up.
    ask(number)


def test_a_person_gets_the_usual_code() -> None:
    with pytest.raises(Stopped, match="SIGINT") as caught:
        ask(signal.SIGINT)
    assert caught.value.exit_code == 130


def test_work_with_a_state_is_asked() -> None:
    steps = []

    def work() -> None:
        for step in range(1, 9):
            if step == 3:
                ask()
                ask(signal.SIGUSR1)
            steps.append(step)
            if asked():
                stop_if_asked(f"after step {step}")

    with held(), pytest.raises(Stopped, match=r"^stopped by SIGTERM after step 3$"):
        work()
    assert steps == [1, 2, 3]


def test_a_person_who_asks_again_does_not_wait() -> None:
    with held():
        ask(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            ask(signal.SIGINT)


def test_a_process_that_is_done_stays_done() -> None:
    before = {number: signal.getsignal(number) for number in SIGNALS}
    ignore()
    for number in SIGNALS:
        ask(number)
        signal.signal(number, before[number])
    assert not asked()


def test_nobody_asked() -> None:
    stop_if_asked("never")
    assert not asked()


def test_a_stop_is_no_failure() -> None:
    assert not issubclass(Stopped, Exception)
