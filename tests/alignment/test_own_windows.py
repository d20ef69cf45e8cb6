"""Windows of one's own videos: whom they are of, and what happens when there are none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from fixture_stage import own_videos, run_stage, write_video

from crossmodal.alignment.merge import merge_shards
from crossmodal.alignment.kinds import UNNAMED, UNSEEN
from crossmodal.alignment.stage import align
from crossmodal.corpora.folder import read
from crossmodal.corpora.manifest import write_manifest
from crossmodal_standins.folder import synthesize
from crossmodal.errors import InputError


@pytest.fixture(scope="module")
def talk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("own") / "talk"
    synthesize(folder, people=2, videos=2, seconds=1.2, seed=1)
    return folder


@pytest.fixture(scope="module")
def rows(talk: Path) -> pd.DataFrame:
    """The manifest, nobody being named in its first row."""
    manifest = read(talk)
    return manifest.assign(person=manifest["person"].where(manifest.index > 0, ""))


@pytest.mark.parametrize("kind", ["facevoice", "msvae"])
def test_rows_without_a_person_are_set_aside(talk: Path, rows: pd.DataFrame, kind: str) -> None:
    found = run_stage("folder", kind, talk, rows)
    assert found.aside == {rows["clip"][0]: UNNAMED}
    assert (found.rows["person"] != "").all()
    assert len(found.rows) == (6 if kind == "facevoice" else 3)


def test_they_still_give_windows_of_their_label(talk: Path, rows: pd.DataFrame) -> None:
    found = run_stage("folder", "cmcgan", talk, rows)
    assert found.aside == {}
    assert set(found.rows["source"]) == set(rows["source"])


def test_utterances_are_classed_by_person(talk: Path, rows: pd.DataFrame) -> None:
    found = run_stage("folder", "msvae", talk, rows)
    assert (found.rows["label"] == found.rows["person"]).all()


def test_a_corpus_without_windows_stops_only_where_it_should(tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    write_video(tmp_path / "own" / "faceless.mp4")
    table = tmp_path / "manifest.csv"
    write_manifest(table, own_videos(["faceless.mp4"]))
    align("folder", "facevoice", tmp_path / "own", table, {}, 0, 1, tmp_path / "shard")
    with pytest.raises(InputError, match=f"no window could be cut: {UNSEEN}"):
        merge_shards([tmp_path / "shard"], tmp_path / "windows")
    assert not (tmp_path / "windows" / "manifest.csv").exists()
    merge_shards([tmp_path / "shard"], tmp_path / "windows", may_be_empty=True)
    windows = pd.read_csv(tmp_path / "windows" / "manifest.csv")
    assert windows.empty
    assert {"clip", "person", "split", "split_random"} <= set(windows.columns)
    pictures = np.load(tmp_path / "windows" / "pictures.npy", mmap_mode="r")
    assert pictures.shape == (0, 13, 64, 64, 3)
