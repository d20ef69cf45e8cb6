"""From labels to pieces: what is cut, and which side it goes to."""

from __future__ import annotations

import pandas as pd
import pytest

from crossmodal.own_videos.parts import PIECE_S, pieces, way_of


def rows(*clips: tuple[str, str, float], **columns: str) -> pd.DataFrame:
    """Return rows of (file, person, seconds), each from 1 s on."""
    named = [
        {"file": file, "label": "x", "person": person, "gender": "", "start_s": 1.0}
        | {"end_s": 1.0 + seconds, "split": "", **columns}
        for file, person, seconds in clips
    ]
    return pd.DataFrame(named)


THREE_EACH = [(f"{person}{number}", person, 4.0) for person in "AB" for number in range(3)]


def test_whole_files_where_everyone_has_three() -> None:
    table = rows(*THREE_EACH)
    assert way_of(table, "auto") == "file"
    cut = pieces(table, "file")
    assert cut.groupby("file")["split"].nunique().eq(1).all()
    for _, own in cut.groupby("person"):
        assert sorted(own["split"]) == ["test", "train", "validation"]


def test_one_with_two_files_has_all_cut_in_time() -> None:
    table = rows(*THREE_EACH[:-1])
    assert way_of(table, "auto") == "time"
    assert way_of(table, "file") == "file"


def test_labels_count_where_nobody_is_named() -> None:
    table = rows(*((file, "", seconds) for file, _, seconds in THREE_EACH))
    assert way_of(table, "auto") == "file"
    assert way_of(table.assign(label=["y", *["x"] * 5]), "auto") == "time"


def test_in_time_the_end_is_for_the_test() -> None:
    cut = pieces(rows(("a", "A", 3.0)), "time")
    assert cut["split"].tolist() == ["train", "validation", "test"]
    assert cut["start_s"].tolist() == [1.0, 2.8, 3.4]
    assert cut["end_s"].tolist() == [2.8, 3.4, 4.0]


def test_the_table_decides() -> None:
    table = rows(("a", "A", 3.0), ("b", "A", 3.0), split="test")
    assert way_of(table, "time") == "given"
    assert pieces(table, "given")["split"].tolist() == ["test", "test"]


@pytest.mark.parametrize(("seconds", "count"), [(0.4, 1), (7.0, 1), (8.0, 2), (61.0, 12)])
def test_long_rows_are_cut_into_pieces_that_leave_nothing_out(seconds: float, count: int) -> None:
    cut = pieces(rows(("a", "A", seconds), split="train"), "given")
    assert len(cut) == count
    assert cut["start_s"].tolist()[1:] == cut["end_s"].tolist()[:-1]
    assert (cut["start_s"].iloc[0], cut["end_s"].iloc[-1]) == (1.0, 1.0 + seconds)
    lengths = cut["end_s"] - cut["start_s"]
    assert lengths.max() <= 1.5 * PIECE_S
    assert lengths.max() - lengths.min() < 0.002
