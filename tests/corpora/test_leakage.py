"""Names on both sides of a split, and sums, against counting by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from crossmodal.corpora.leakage import corpus_sheet, leakage
from crossmodal.corpora.manifest import COLUMNS
from crossmodal.windows import SPLITS

ROWS = st.lists(
    st.tuples(st.sampled_from(SPLITS), st.sampled_from(["", *"abcde"]), st.sampled_from("xyz")),
    max_size=30,
)


def manifest(rows: list[tuple[str, str, str]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["split", "source", "person"], dtype=str)
    frame["clip"] = [str(number) for number in range(len(frame))]
    return frame.assign(label="l", start_s=1.0, end_s=3.5)[list(COLUMNS)]


@given(ROWS)
def test_counts_agree_with_a_naive_count(rows: list[tuple[str, str, str]]) -> None:
    table = leakage(manifest(rows))
    for row in table.itertuples():
        place = {"source": 1, "person": 2}[str(row.kind)]
        left = {entry[place] for entry in rows if entry[0] == row.left} - {""}
        right = [entry[place] for entry in rows if entry[0] == row.right]
        assert row.shared == len(left & set(right))
        assert row.right_rows == len(right)
        assert row.right_rows_shared == sum(name in left for name in right)
        assert row.examples == ", ".join(sorted(left & set(right))[:3])
    present = len({split for split, _, _ in rows})
    assert len(table) == 2 * present * (present - 1) // 2


def test_a_clean_split_shares_nothing() -> None:
    table = leakage(manifest([("train", "a", "x"), ("train", "b", "x"), ("test", "c", "x")]))
    assert table["shared"].tolist() == [0, 1]
    assert list(table.loc[1, ["left_count", "right_count"]]) == [1, 1]


def test_the_sheet_sums_up() -> None:
    frame = manifest(
        [("test", "c", "x"), ("train", "a", "x"), ("train", "b", ""), ("train", "", "y")]
    )
    frame.loc[3, ["start_s", "end_s"]] = np.nan
    frame.loc[2, "end_s"] = 11.0
    sheet = corpus_sheet(frame).set_index("split")
    assert sheet.index.tolist() == ["train", "test", "all"]
    assert sheet.loc["train"].to_dict() == {
        "clips": 3,
        "labels": 1,
        "persons": 2,
        "sources": 2,
        "total_s": 12.5,
        "shortest_s": 2.5,
        "median_s": 6.25,
        "longest_s": 10.0,
        "unknown": 1,
    }
    assert list(sheet.loc["all", ["clips", "total_s"]]) == [4, 15.0]


def test_unknown_durations_are_no_zero() -> None:
    frame = manifest([("train", "a", "x")]).assign(start_s=np.nan, end_s=np.nan)
    sheet = corpus_sheet(frame)
    assert sheet["total_s"].isna().all()
    assert sheet["unknown"].tolist() == [1, 1]


def test_a_field_may_name_several_and_there_may_be_another_split() -> None:
    rows = pd.DataFrame(
        {
            "split": ["train", "test", "test"],
            "source": ["a + b", "b + c + c", "d"],
            "person": ["", "", ""],
            "picture": ["1 + 2", "3", "4"],
            "split_speaker": ["test", "", "train"],
        }
    )
    table = {row["kind"]: row for row in leakage(rows).to_dict("records")}
    assert len(table) == 6
    source = table["source"]
    assert (source["left_count"], source["right_count"], source["shared"]) == (2, 3, 1)
    assert (source["right_rows"], source["right_rows_shared"], source["examples"]) == (2, 1, "b")
    assert table["picture"]["shared"] == 0
    by_speaker = table["source (split_speaker)"]
    assert (by_speaker["left_count"], by_speaker["right_count"]) == (1, 2)
