"""The stand-in of one's own folder: readable, the same every time, its damage in place."""

from __future__ import annotations

from pathlib import Path

from crossmodal.alignment.decode import probe
from crossmodal.corpora.folder import read
from crossmodal_standins.folder import FRAME_HZ, SIZE_PX, synthesize


def test_people_who_talk(tmp_path: Path) -> None:
    synthesize(tmp_path / "a", people=2, videos=2, seconds=1.0, seed=3)
    manifest = read(tmp_path / "a")
    assert len(manifest) == 4
    assert manifest["person"].nunique() == 2
    assert sorted(set(manifest["label"])) == ["high", "low"]
    media = probe(tmp_path / "a" / manifest["file"][0])
    assert media.video is not None
    assert media.audio is not None
    assert (media.video.width_px, media.video.height_px) == SIZE_PX
    assert media.video.rate_hz == FRAME_HZ


def test_damaged_files_are_named_beside_the_others(tmp_path: Path) -> None:
    synthesize(tmp_path, people=1, videos=1, seconds=0.5, damaged=True, seed=0)
    labels = (tmp_path / "labels.csv").read_text().splitlines()
    assert [line.split(",")[0] for line in labels[2:]] == ["cut off.mp4", "empty.mp4", "notes.mp4"]
    assert (tmp_path / "empty.mp4").stat().st_size == 0
