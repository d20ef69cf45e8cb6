"""Progress that is told in a file, and how long jobs are expected to take."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from crossmodal import expected
from crossmodal.expected import expected_seconds
from crossmodal.progress import progress, tell


def test_progress_is_told_beside_the_log_and_gone_at_the_end(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = tmp_path / ".job.log.now"
    with tell(tmp_path / "job.log"), progress(title="training", total=4, unit="step") as bar:
        bar.set_postfix_str("epoch 1 of 2, loss 0.5", refresh=False)
        time.sleep(1.05)  # shorter work is not told
        bar.update(3)
        assert told.read_text() == "training 75%, epoch 1 of 2, loss 0.5"
    assert not told.exists()
    assert capsys.readouterr().err == ""


def test_what_is_expected_of_jobs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = tmp_path / "seconds.csv"
    table.write_text(
        "edition,job,seconds\ndemo,train/a/x/one,10\ndemo,train/a/x/two,30\nsmoke,report,9\n"
    )
    monkeypatch.setattr(expected, "SECONDS", table)
    below = str(tmp_path / "benchmarks" / "demo")
    own = Path(below, "train/a/x/one/seed1.tsv")
    own.parent.mkdir(parents=True)
    own.write_text("s\tcpu_time\n77.5\t3\n")
    jobs = ["train/a/x/one/seed0", "train/a/x/one/seed1", "train/a/y/one/seed0", "align/x/0-of-2"]
    found = expected_seconds([f"{below}/{job}.tsv" for job in jobs], below, "demo")
    assert list(found.values()) == [10, 77.5, 20, expected.UNKNOWN_S]
