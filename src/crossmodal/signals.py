"""Stopping in good order when a signal asks for it.

A scheduler that wants a machine back sends SIGTERM first (pre-emption, `scancel`, a time limit) or,
where it was told to, SIGUSR1 before that; a person presses Ctrl-C, which is SIGINT. Work that keeps
no state ends at once and removes its half-written files. Work that does (`held`) goes on to the
next place where it can be saved, saves, and ends there.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

SIGNALS = (signal.SIGTERM, signal.SIGUSR1, signal.SIGINT)


class Stopped(BaseException):
    """A signal asked for an end; no `Exception`, so that nothing takes it for a failure.

    Args:
        signal_number: The signal.
        state: What became of the work.
    """

    def __init__(self, signal_number: int, state: str) -> None:
        self.signal = signal.Signals(signal_number)
        super().__init__(f"stopped by {self.signal.name} {state}")

    @property
    def exit_code(self) -> int:
        """75 (`EX_TEMPFAIL`: try again), or as usual 130 where a person interrupted."""
        return 130 if self.signal is signal.SIGINT else os.EX_TEMPFAIL


@dataclass
class _Asked:
    """What this process was asked.

    Attributes:
        signal: The first signal that came.
        holding: How many blocks of `held` it is in.
    """

    signal: int | None = None
    holding: int = 0


_asked = _Asked()


@contextmanager
def listening() -> Iterator[None]:
    """Heed the signals within the block; to be called in the main thread."""
    before = {number: signal.signal(number, _heed) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        _asked.signal = None


def ignore() -> None:
    """Let no signal change how this process ends; to be called when its work is over."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)


@contextmanager
def held() -> Iterator[None]:
    """Let a signal wait for the next `stop_if_asked`."""
    _asked.holding += 1
    try:
        yield
    finally:
        _asked.holding -= 1


def asked() -> bool:
    """Tell whether a signal has asked for an end."""
    return _asked.signal is not None


def stop_if_asked(state: str) -> None:
    """End here if a signal asked for it.

    Raises:
        Stopped: It did.
    """
    if _asked.signal is not None:
        raise Stopped(_asked.signal, state)


def _heed(number: int, frame: FrameType | None) -> None:
    # Schedulers repeat themselves: only the first signal counts, lest one disturb the clearing up
    # after another. A person who interrupts again does not want to wait.
    if _asked.signal is None:
        _asked.signal = number
        if not _asked.holding:
            raise Stopped(number, "before its end; the next run starts this step over")
    elif number == signal.SIGINT:
        raise KeyboardInterrupt
