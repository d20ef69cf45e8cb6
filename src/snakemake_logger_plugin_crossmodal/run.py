"""How far a run is: jobs at work, finished and failed, and the seconds that are left."""

from __future__ import annotations

import logging
import os
import re
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

BAR = 24
"""Characters of the bar."""
TRUST_S = 120.0
"""Seconds of jobs after which what this machine took counts as much as what was expected."""
MARK = " ERROR error: "
"""Before the one line that says what is wrong, in the log of a command."""
UNKNOWN_S = 5.0
"""Expected of a job of which nothing is known."""


@dataclass
class Job:
    """A job at work.

    Attributes:
        name: What a person calls it: rule, paper, corpus, variant, seed.
        key: The file that Snakemake measures it in.
        log: Its log file.
        began: By the monotonic clock, s.
        shell: Its command.
    """

    name: str
    key: str
    log: Path | None
    began: float
    shell: str

    def now(self) -> str:
        """Return what the job last said of itself, or for how long it has been at work."""
        if self.log is not None:
            with suppress(OSError, UnicodeDecodeError):
                told = self.log.with_name(f".{self.log.name}.now").read_text(encoding="utf-8")
                if told:
                    return told
        return span(time.monotonic() - self.began)


@dataclass
class Run:
    """A run of the workflow.

    Attributes:
        cores: How many it may use.
        done: Jobs finished.
        total: Jobs of the run.
        page: What to open when all is done.
    """

    cores: int = 1
    done: int = 0
    total: int = 0
    began: float = 0.0
    failed: int = 0
    killed: bool = False
    page: str = ""
    _expected: dict[str, float] = field(default_factory=dict)
    _jobs: dict[int, Job] = field(default_factory=dict)
    _took: dict[str, float] = field(default_factory=dict)
    _logs: str = ""
    _below: str = ""

    def begin(self, expected: Mapping[str, float], below: str) -> None:
        """Note the seconds that each job is expected to take, by the file it is measured in."""
        self._expected, self.began, self._below = dict(expected), time.monotonic(), below
        self.total = max(self.total, len(expected))

    def start(self, told: Mapping[str, Any]) -> None:
        """Note a job that starts."""
        key, logs = str(told.get("benchmark") or ""), list(told.get("log") or [])
        if not key:
            return
        name = key.removeprefix(f"{self._below}/").removesuffix(".tsv").replace("/", " ")
        self._jobs[told["jobid"]] = Job(
            name,
            key,
            Path(str(logs[0])) if logs else None,
            time.monotonic(),
            str(told.get("shellcmd") or "").strip(),
        )

    def finish(self, number: Any) -> list[str]:
        """Note a job that has ended well; return the line that says so."""
        job = self._jobs.pop(number, None)
        if job is None:
            return []
        self._took[job.key] = time.monotonic() - job.began
        left = f"about {span(self.left_s())} left" if self.began else ""
        share = f"{self.share():4.0%}" if self.began else ""
        return [f"{share}  {job.name}, {span(self._took[job.key])}  ({left})"]

    def fail(self, told: Mapping[str, Any]) -> list[str]:
        """Note a job that has failed; return all that a person needs."""
        job = self._jobs.pop(told.get("jobid"), None)  # type: ignore[arg-type]
        if job is not None and job.log is not None and was_stopped(job.log):
            return []
        self.failed += 1
        if job is None:
            return [f"FAILED: {told.get('rule_name') or 'a group of jobs'}"]
        lines = [f"FAILED: {job.name}"]
        if job.log is not None:
            lines += [f"  {error_in(job.log)}", f"  its log: {job.log}"]
        return [*lines, f"  it alone again: {job.shell}"] if job.shell else lines

    def message(self, text: str, level: int, hidden: tuple[str, ...]) -> list[str]:
        """Return what is to be shown of a message without a meaning of its own."""
        self.killed |= "SIGKILL" in text
        if text.startswith("Complete log"):
            self._logs = os.path.relpath(text.partition(": ")[2])
            return []
        quiet = level < logging.WARNING and self.began
        if not text.strip() or quiet or text.startswith(hidden) or "CalledProcessError" in text:
            return []
        # Where in the rules an error was raised is of use to their author alone.
        head, _, rest = text.partition("\n")
        raised = re.match(r"\w+(Error|Exception)( in (file|rule)\b.*)?:?$", head)
        told = rest if raised and rest else text
        lines = [line for line in told.splitlines() if not line.startswith('  File "')]
        shown = "\n".join(lines)
        if not lines or shown.startswith(hidden):
            return []
        return [f"error: {shown}"] if raised else [shown]

    def ending(self) -> str:
        """Return how the run ended; empty where none had begun."""
        if not self.began:
            return ""
        took = span(time.monotonic() - self.began)
        self.killed &= self.done < self.total  # what failed was tried again
        if self.done >= self.total:
            lines = [f"Done: {self.total} jobs in {took}.{self.page and f' Open {self.page}'}"]
        elif self.failed:
            lines = [
                f"{self.failed} of {self.total} jobs failed, {self.done} are done."
                " Once that is mended, the same command goes on."
            ]
        else:
            lines = [
                f"Stopped. {self.done} of {self.total} jobs are done; the same command goes on."
            ]
        if self.killed:
            lines.append(
                "A job was killed by the system, perhaps for want of memory: lower --cores, or what"
                " its settings call memory."
            )
        return "\n".join([*lines, *([f"Everything else: {self._logs}"] if self._logs else [])])

    def at_work(self, columns: int) -> list[str]:
        """Return a line for each job at work, and the bar."""
        width = max((len(job.name) for job in self._jobs.values()), default=0)
        width = min(width, columns // 2)
        lines = [f"  {job.name:{width}}  {job.now()}" for job in self._jobs.values()]
        share = self.share()
        full = round(BAR * share)
        passed = span(time.monotonic() - self.began)
        bar, left = "━" * full + "┄" * (BAR - full), span(self.left_s())
        told = f"{self.done} of {self.total} jobs, {passed}, about {left} left"
        return [*lines, f"{bar} {share:4.0%}  {told}"]

    def share(self) -> float:
        """Return how much of the expected work is done, from 0 to 1."""
        whole = sum(self._expected.values())
        return min(1.0, 1 - self._remaining_s() / whole) if whole else 0.0

    def left_s(self) -> float:
        """Estimate the seconds that are left, by what this machine took so far."""
        wanted = sum(self._expected.get(key, UNKNOWN_S) for key in self._took)
        pace = (sum(self._took.values()) + TRUST_S) / (wanted + TRUST_S)
        longest = max((self._left_of(job) for job in self._jobs.values()), default=0.0)
        return pace * max(longest, self._remaining_s() / max(1, self.cores))

    def _left_of(self, job: Job) -> float:
        wanted = self._expected.get(job.key, UNKNOWN_S)
        return max(0.05 * wanted, wanted - (time.monotonic() - job.began))

    def _remaining_s(self) -> float:
        at_work = {job.key: self._left_of(job) for job in self._jobs.values()}
        waiting = (s for key, s in self._expected.items() if key not in self._took | at_work)
        return sum(waiting) + sum(at_work.values())


def error_in(log: Path) -> str:
    """Return the last error that a command noted in its log."""
    with suppress(OSError):
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
        found = [line.partition(MARK)[2] for line in lines if MARK in line]
        if found:
            return f"error: {found[-1]}"
    return "it left no message"


def was_stopped(log: Path) -> bool:
    """Tell whether a command noted in its log that a signal asked for its end."""
    with suppress(OSError):
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
        return bool(lines) and " INFO stopped by SIG" in lines[-1]
    return False


def span(seconds: float) -> str:
    """Return a length of time in words as short as can be."""
    minutes, rest = divmod(round(seconds), 60)
    if minutes >= 60:
        return f"{minutes // 60} h {minutes % 60:02d} min"
    return f"{minutes} min {rest:02d} s" if minutes else f"{seconds:.0f} s"
