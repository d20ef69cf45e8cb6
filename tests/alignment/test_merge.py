"""The windows of a corpus are the same however many shards they come from."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from fixture_stage import Result, own_videos, run_stage, write_video

from crossmodal.alignment.merge import merge_shards
from crossmodal.alignment.stage import shard_rows, units
from crossmodal.corpora.manifest import COLUMNS
from crossmodal.errors import InputError

FILES = [
    *("manifest.csv", "quarantine.csv", "summary.csv", "leakage.csv"),
    *("waves.npy", "waves.json", "pictures.npy", "pictures.json"),
]
STEP_MS = 250


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("own") / "own"
    folder.mkdir()
    for number in range(5):
        write_video(folder / f"{number}.mp4", seconds=1.0 + 0.25 * number)
    (folder / "3.mp4").write_bytes(b"no video")
    return folder


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    """Five videos in no particular order, one of them in two pieces that stand apart."""
    frame = own_videos(["4.mp4", "1.mp4", "0.mp4", "3.mp4", "2.mp4"])
    again = frame.head(1).assign(clip="4.mp4#2", start_s=0.3)
    labels = ["a", "b", "a", "b", "a", "b"]
    return pd.concat([frame, again], ignore_index=True).assign(label=labels, person="someone")


@pytest.fixture(scope="module")
def whole(corpus: Path, rows: pd.DataFrame) -> Result:
    return run_stage("folder", "cmcgan", corpus, rows, step_ms=STEP_MS)


def digests(result: Result) -> dict[str, str]:
    assert sorted(path.name for path in result.folder.iterdir()) == sorted(FILES)
    return {name: sha256((result.folder / name).read_bytes()).hexdigest() for name in FILES}


@pytest.mark.parametrize("shards", [2, 3, 8])
def test_any_number_of_shards_gives_the_same_bytes(
    corpus: Path, rows: pd.DataFrame, whole: Result, shards: int
) -> None:
    assert digests(run_stage("folder", "cmcgan", corpus, rows, shards=shards, step_ms=STEP_MS)) == (
        digests(whole)
    )


def test_rows_follow_the_manifest_and_carry_its_columns(whole: Result) -> None:
    assert list(whole.rows) == [*COLUMNS, "file", "frame_s", "samples", "split_random"]
    assert whole.rows["source"].drop_duplicates().tolist() == ["4.mp4", "1.mp4", "0.mp4", "2.mp4"]
    assert whole.aside.keys() == {"3.mp4"}
    assert whole.rows["clip"].is_unique
    second = whole.rows[whole.rows["clip"].str.startswith("4.mp4#2")]
    assert second["start_s"].iloc[0] == pytest.approx(0.3)
    assert set(whole.rows["person"]) == {"someone"}
    assert (whole.rows["split"] == "train").all()
    assert set(whole.rows["split_random"]) == {"train", "validation", "test"}


def test_the_files_say_what_they_hold(whole: Result) -> None:
    sheet = pd.read_csv(whole.folder / "summary.csv")
    assert sheet["clips"].tolist() == [len(whole.rows)] * 2
    assert sheet["total_s"].iloc[0] == pytest.approx(len(whole.rows) / 2)
    for name, array in (("waves", whole.waves), ("pictures", whole.pictures)):
        about = json.loads((whole.folder / f"{name}.json").read_text(encoding="utf-8"))
        assert about["shape"] == list(array.shape)
        assert about["dtype"] == str(array.dtype)
        assert about["settings"] == {
            **{"corpus": "folder", "kind": "cmcgan", "step_ms": STEP_MS},
            "rate_hz": 44_100,
        }


def test_only_a_whole_alignment_is_joined(corpus: Path, rows: pd.DataFrame, tmp_path: Path) -> None:
    parts = run_stage("folder", "cmcgan", corpus, rows, shards=3).folder.parent / "shards"
    first, second, third = (parts / str(shard) for shard in range(3))
    for wrong in ([first, second], [first, third, second], [first, first, second, third]):
        with pytest.raises(InputError, match="are not all shards of one alignment"):
            merge_shards(wrong, tmp_path / "windows")
    with pytest.raises(InputError, match="Align this shard first"):
        merge_shards([tmp_path], tmp_path / "windows")
    assert not (tmp_path / "windows").exists()


def test_shards_share_the_files_out_and_tear_none() -> None:
    files = list("cabacbdd")
    frame = pd.DataFrame({"video": files, "clip": [str(place) for place in range(len(files))]})
    for shards in range(1, 7):
        dealt = [shard_rows(frame, "video", shard, shards) for shard in range(shards)]
        together = pd.concat(dealt)
        assert together["video"].tolist() == list("ccaabbdd")
        assert together["clip"].tolist() == list("04132567")
        counts = [part["video"].nunique() for part in dealt]
        assert max(counts) - min(counts) <= 1
        named = [[unit[0]["video"] for unit in units(part, "video")] for part in dealt]
        assert [name for part in named for name in part] == list("cabd")
    with pytest.raises(InputError, match="there is no shard 2 of 2"):
        shard_rows(frame, "video", 2, 2)


def test_a_single_window_is_for_training(corpus: Path) -> None:
    result = run_stage("folder", "cmcgan", corpus, own_videos(["0.mp4"]), step_ms=1000, shards=1)
    assert result.rows["split_random"].tolist() == ["train"]
    assert np.isfinite(result.rows["start_s"]).all()
