"""The manifest: what is written comes back, what breaks a rule is named."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossmodal.corpora.manifest import (
    COLUMNS,
    check_manifest,
    read_manifest,
    read_table,
    write_manifest,
)
from crossmodal.errors import InputError
from crossmodal.windows import SPLITS

HEAD = ",".join(COLUMNS)


def table(clips: list[str], **columns: str | float) -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "clip": clips,
            "split": "train",
            "label": "art",
            "person": "",
            "source": "",
            "start_s": np.nan,
            "end_s": np.nan,
            "image": "",
        }
    )
    return frame.assign(**columns)


def written(tmp_path: Path, *lines: str) -> Path:
    path = tmp_path / "manifest.csv"
    path.write_text("\n".join([HEAD, *lines]) + "\n")
    return path


names = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=8)


@given(
    clips=st.lists(names, min_size=1, max_size=5, unique=True),
    split=st.sampled_from(SPLITS),
    label=names,
    start_s=st.one_of(st.just(float("nan")), st.floats(0, 1e6)),
)
def test_what_is_written_is_read(
    tmp_path_factory: pytest.TempPathFactory,
    clips: list[str],
    split: str,
    label: str,
    start_s: float,
) -> None:
    path = tmp_path_factory.mktemp("manifest") / "manifest.csv"
    frame = table(clips, split=split, label=label, start_s=start_s)
    write_manifest(path, frame)
    back = read_manifest(path)
    pd.testing.assert_frame_equal(back, frame, check_dtype=False)
    assert back["start_s"].dtype == float


def test_words_for_missing_values_stay_words(tmp_path: Path) -> None:
    frame = read_manifest(written(tmp_path, "NA,train,null,nan,,0.5,"))
    assert frame[["clip", "label", "person"]].to_numpy().tolist() == [["NA", "null", "nan"]]
    assert frame["start_s"].tolist() == [0.5]
    assert frame["end_s"].isna().all()


@pytest.mark.parametrize(
    ("lines", "field"),
    [
        (["a,train,x,,,,", "a,test,x,,,,"], "clip"),
        ([",train,x,,,,"], "clip"),
        (["a,dev,x,,,,"], "split"),
        (["a,train,x,,,soon,"], "start_s"),
    ],
)
def test_a_broken_rule_names_file_and_field(tmp_path: Path, lines: list[str], field: str) -> None:
    path = written(tmp_path, *lines)
    with pytest.raises(InputError) as caught:
        read_manifest(path)
    assert (caught.value.file, caught.value.field) == (path, field)
    assert caught.value.hint


def test_missing_empty_and_misordered_files(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no manifest"):
        read_manifest(tmp_path / "none.csv")
    with pytest.raises(InputError, match="no rows"):
        read_manifest(written(tmp_path))
    with pytest.raises(InputError, match="columns start with"):
        check_manifest(table(["a"])[["split", "clip"]], tmp_path)


def test_a_table_may_have_a_byte_order_mark_and_another_separator(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("\ufeffa\tb\n1\tNA\n", encoding="utf-8")
    frame = read_table(path, hint="Save it again", separator="\t")
    assert frame.to_dict("list") == {"a": ["1"], "b": ["NA"]}
    path.write_bytes(b"")
    with pytest.raises(InputError, match=r"table\.csv.*not a readable table.*Save it again"):
        read_table(path, hint="Save it again")


def test_a_refused_table_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "manifest.csv"
    write_manifest(path, table(["a"]))
    before = path.read_bytes()
    with pytest.raises(InputError):
        write_manifest(path, table(["a", "a"]))
    assert path.read_bytes() == before
    assert [item.name for item in tmp_path.iterdir()] == ["manifest.csv"]
