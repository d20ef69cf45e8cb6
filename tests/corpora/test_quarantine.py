"""The list of clips set aside, and when it stops a corpus."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossmodal.corpora.quarantine import Quarantine, SetAside, read_quarantine, too_many
from crossmodal.errors import InputError


def filled(count: int, reason: str = "no sound") -> Quarantine:
    return Quarantine([SetAside(f"c{number}", f"{number}.wav", reason) for number in range(count)])


def test_the_list_is_sorted_and_comes_back(tmp_path: Path) -> None:
    quarantine = Quarantine()
    quarantine.add("b", Path("wavs") / "b, 2.wav", 'it says "no"')
    quarantine.add("a", "wavs/ü.wav", "no sound")
    quarantine.add("a", "wavs/ü.wav", "no sound")
    path = tmp_path / "deep" / "quarantine.csv"
    quarantine.write(path)
    assert path.read_text(encoding="utf-8").splitlines() == [
        "clip,file,reason",
        "a,wavs/ü.wav,no sound",
        'b,"wavs/b, 2.wav","it says ""no"""',
    ]
    assert read_quarantine(path).rows == sorted(set(quarantine.rows))
    assert [entry.name for entry in path.parent.iterdir()] == ["quarantine.csv"]


def test_an_empty_list_has_a_header(tmp_path: Path) -> None:
    Quarantine().write(tmp_path / "q.csv")
    assert (tmp_path / "q.csv").read_text() == "clip,file,reason\n"
    assert not len(read_quarantine(tmp_path / "q.csv"))


@pytest.mark.parametrize("text", [None, "", "clip,file\na,b\n"])
def test_a_wrong_list_is_refused(tmp_path: Path, text: str | None) -> None:
    path = tmp_path / "q.csv"
    if text is not None:
        path.write_text(text)
    with pytest.raises(InputError, match=r"q\.csv"):
        read_quarantine(path)


def test_rows_are_sifted() -> None:
    frame = pd.DataFrame({"clip": ["a", "b", "c"], "audio": ["1", "2", "3"]})
    quarantine = Quarantine()
    rest = quarantine.sift(frame, frame["clip"] == "b", "audio", "too loud")
    assert rest["clip"].tolist() == ["a", "c"]
    assert quarantine.rows == [SetAside("b", "2", "too loud")]


@given(st.integers(0, 12), st.integers(1, 200), st.floats(0, 1))
def test_the_limit(count: int, others: int, share: float) -> None:
    total = count + others
    if count <= 1 or count <= share * total:
        too_many(filled(count), total, share)
    else:
        with pytest.raises(InputError):
            too_many(filled(count), total, share)


def test_everything_set_aside_stops() -> None:
    with pytest.raises(InputError, match="1 of 1"):
        too_many(filled(1), 1, 1.0)


def test_the_message_names_the_commonest_reasons() -> None:
    quarantine = filled(3)
    quarantine.add("c0", "0.jpg", "no picture")
    with pytest.raises(InputError) as caught:
        too_many(quarantine, 10, 0.1, folder=Path("corpus"))
    assert str(caught.value) == (
        "corpus: 3 of 10 clips are set aside: no sound (3), no picture (1); the first is 'c0', "
        "file '0.wav'. Complete the folder, or raise `limit_share` in the reader's settings"
    )
