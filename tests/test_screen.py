"""The screen of a run: what it says of jobs, and what a terminal shows."""

from __future__ import annotations

import io
import logging
import re
import time
from pathlib import Path
from typing import Any

import pytest

from snakemake_logger_plugin_crossmodal.run import Run, span
from snakemake_logger_plugin_crossmodal.screen import Lines, Terminal

BELOW = "benchmarks/demo"
HIDDEN = ("Select jobs", "At least one job")


def job(number: int, name: str, log: Path | None = None) -> dict[str, Any]:
    return {
        "jobid": number,
        "benchmark": f"{BELOW}/{name}.tsv",
        "log": [] if log is None else [str(log)],
        "shellcmd": f"do {name}",
    }


@pytest.fixture
def run() -> Run:
    run = Run(cores=2)
    run.begin(
        {f"{BELOW}/train/a/{k}.tsv": seconds for k, seconds in enumerate((10, 30, 60))}, BELOW
    )
    return run


def test_a_finished_job_is_one_line_with_the_share_and_the_time_left(run: Run) -> None:
    run.start(job(1, "train/a/1"))
    assert run.share() == pytest.approx(0, abs=0.01)
    (line,) = run.finish(1)
    assert re.fullmatch(r" 30%  train a 1, 0 s  \(about .* left\)", line)
    assert run.finish(1) == run.finish(None) == []


def test_the_time_left_follows_what_this_machine_took(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = time.monotonic()
    before = run.left_s()
    assert before == pytest.approx(50, abs=1)  # 100 seconds on two cores
    run.start(job(1, "train/a/2"))
    monkeypatch.setattr(time, "monotonic", lambda: now + 180)  # three times as slow
    run.finish(1)
    assert run.left_s() == pytest.approx(20 * (180 + 120) / (60 + 120), rel=0.1)


def test_a_failed_job_says_what_a_person_needs(run: Run, tmp_path: Path) -> None:
    log = tmp_path / "job.log"
    log.write_text("12:00 INFO device\n12:01 ERROR Traceback\n12:01 ERROR error: a.csv: cut\n")
    run.start(job(1, "train/a/1", log))
    assert run.fail({"jobid": 1}) == [
        "FAILED: train a 1",
        "  error: a.csv: cut",
        f"  its log: {log}",
        "  it alone again: do train/a/1",
    ]
    run.done, run.total = 1, 3
    assert run.ending().startswith("1 of 3 jobs failed, 1 are done.")


def test_a_stopped_job_is_no_failure(run: Run, tmp_path: Path) -> None:
    log = tmp_path / "job.log"
    log.write_text("12:00 INFO device\n12:01 INFO stopped by SIGINT after step 3\n")
    run.start(job(1, "train/a/1", log))
    assert run.fail({"jobid": 1}) == []
    run.done, run.total = 1, 3
    assert run.ending() == "Stopped. 1 of 3 jobs are done; the same command goes on."


def test_the_end_says_what_to_open(run: Run) -> None:
    assert Run().ending() == ""
    run.done, run.total, run.page = 3, 3, "results/demo/report.html"
    run.failed, run.killed = 1, True  # and tried again
    assert run.message(f"Complete log(s): {Path.cwd()}/log/x", logging.INFO, HIDDEN) == []
    assert run.ending().splitlines() == [
        "Done: 3 jobs in 0 s. Open results/demo/report.html",
        "Everything else: log/x",
    ]


@pytest.mark.parametrize(
    ("text", "level", "shown"),
    [
        ("Select jobs to execute...", logging.ERROR, []),
        ("anything", logging.INFO, []),
        ("WorkflowError:\nAt least one job did not complete.", logging.ERROR, []),
        ("missing corpus x: y", logging.WARNING, ["missing corpus x: y"]),
        (
            'WorkflowError in file "a.smk", line 3:\nx.yaml: wrong\n  File "a.smk", line 3',
            logging.ERROR,
            ["error: x.yaml: wrong"],
        ),
    ],
)
def test_of_messages_only_what_helps_is_shown(
    run: Run, text: str, level: int, shown: list[str]
) -> None:
    assert run.message(text, level, HIDDEN) == shown


def test_a_job_killed_by_the_system_is_explained(run: Run) -> None:
    text = "RuleException:\nCalledProcessError in file x: 'y' died with <Signals.SIGKILL: 9>."
    assert run.message(text, logging.ERROR, HIDDEN) == []
    run.failed = 1
    assert "memory" in run.ending()


def test_at_work_stands_what_a_job_tells(run: Run, tmp_path: Path) -> None:
    (tmp_path / ".job.log.now").write_text("training 75%, loss 0.5")
    run.start(job(1, "train/a/1", tmp_path / "job.log"))
    first, bar = run.at_work(80)
    assert first == "  train a 1  training 75%, loss 0.5"
    assert re.fullmatch(r"[━┄]{24} +\d+%  0 of 3 jobs, 0 s, about \d+ s left", bar)


def shown(raw: str, rows: int = 40) -> list[str]:
    """Return what a terminal shows of text with the few sequences that are used."""
    lines, row, column = [""] * rows, 0, 0
    for part in re.findall(r"\x1b\[\d*[A-Z]|\r|\n|[^\x1b\r\n]+", raw):
        if part == "\r":
            column = 0
        elif part == "\n":
            row, column = row + 1, 0
        elif part == "\x1b[J":
            lines[row] = lines[row][:column]
            lines[row + 1 :] = [""] * (rows - row - 1)
        elif part.endswith("F"):
            row, column = row - int(part[2:-1]), 0
        else:
            lines[row] = lines[row][:column].ljust(column) + part + lines[row][column + len(part) :]
            column += len(part)
    return "\n".join(lines).rstrip().split("\n")


def test_drawn_lines_stay_below_said_ones_and_strangers_are_kept() -> None:
    stream = io.StringIO()
    screen = Terminal(stream)
    screen.draw(["job one", "bar 0%"])
    screen.say("one is done")
    screen.draw(["job two", "bar 50%"])
    stream.write("error: from a job\n")
    screen.draw(["bar 60%"])
    assert shown(stream.getvalue()) == ["one is done", "error: from a job", "", "bar 60%"]
    screen.draw([])
    assert shown(stream.getvalue()) == ["one is done", "error: from a job"]


def test_drawn_lines_never_wrap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "30")
    monkeypatch.setenv("LINES", "6")
    stream = io.StringIO()
    Terminal(stream).draw([f"{number} {'x' * 50}" for number in range(9)])
    lines = shown(stream.getvalue())
    assert max(map(len, lines)) == 29
    assert [line[:1] for line in lines] == ["", "6", "7", "8"]


def test_without_a_terminal_lines_are_cut_and_nothing_is_drawn() -> None:
    stream = io.StringIO()
    screen = Lines(stream)
    screen.draw(["bar"])
    screen.say("x" * 300 + "\nshort")
    assert [len(line) for line in stream.getvalue().splitlines()] == [200, 5]


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.2, "0 s"), (59, "59 s"), (125, "2 min 05 s"), (7290, "2 h 01 min")]
)
def test_a_span_is_short(seconds: float, text: str) -> None:
    assert span(seconds) == text
