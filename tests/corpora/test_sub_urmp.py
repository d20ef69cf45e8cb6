"""The Sub-URMP reader on a hand-made folder and on the genuine samples."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import soundfile

from crossmodal.corpora import sub_urmp
from crossmodal.corpora.leakage import leakage
from crossmodal.corpora.manifest import COLUMNS
from crossmodal.corpora.quarantine import Quarantine
from crossmodal.errors import InputError

REAL = Path(__file__).parents[3] / "shared" / "data" / "sub-urmp"


def put(folder: Path, side: str, song: str, times: list[int]) -> None:
    instrument = song[:-2]
    for ms in times:
        for kind, suffix in (("img", "jpg"), ("chunk", "wav")):
            path = folder / kind / side / instrument / f"{song}_{ms}.{suffix}"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Five songs of a double bass, three of a flute, chunks of 1.1 s each."""
    for number in range(5):
        side = "validation" if number == 4 else "train"
        put(tmp_path, side, f"double_bass{number:02}", [500, 600, 700, 800, 900, 1000, 1100])
    for number in range(3):
        put(tmp_path, "train", f"flute{number:02}", [500, 1000])
    return tmp_path


def test_the_published_layout_is_read(folder: Path) -> None:
    frame = sub_urmp.read(folder)
    assert tuple(frame.columns) == (*COLUMNS, "audio", "image", "spectrogram")
    assert len(frame) == 5 * 7 + 3 * 2
    row = frame.set_index("clip").loc["double_bass04_1000"]
    assert (row["label"], row["source"], row["person"]) == ("double_bass", "double_bass04", "")
    assert (row["start_s"], row["end_s"]) == (0.5, 1.0)
    assert row["audio"] == "chunk/validation/double_bass/double_bass04_1000.wav"
    assert (folder / row["image"]).is_file()
    # In time order, not in that of the alphabet.
    assert frame["clip"].tolist()[:7][-2:] == ["double_bass00_1000", "double_bass00_1100"]


def test_songs_stay_on_one_side(folder: Path) -> None:
    frame = sub_urmp.read(folder, validation=0.2, test=0.2)
    assert not leakage(frame)["shared"].any()
    sides = frame.groupby("label")["split"].unique()
    assert all(set(found) == {"train", "validation", "test"} for found in sides)


def test_the_published_split_and_the_random_one(folder: Path) -> None:
    published = sub_urmp.read(folder, split="published")
    assert set(published[published["split"] == "test"]["source"]) == {"double_bass04"}
    assert set(published["split"]) == {"train", "test"}
    random = sub_urmp.read(folder, split="random", test=0.3)
    assert leakage(random)["shared"].any()


def test_a_stride_leaves_chunks_that_do_not_overlap(folder: Path) -> None:
    frame = sub_urmp.read(folder, stride_ms=500)
    assert len(frame) == 8 * 2
    assert set(frame["end_s"]) == {0.5, 1.0}


def test_a_chunk_without_its_picture_is_set_aside(folder: Path) -> None:
    (folder / "img/train/flute/flute00_500.jpg").unlink()
    quarantine = Quarantine()
    frame = sub_urmp.read(folder, quarantine=quarantine)
    assert "flute00_500" not in set(frame["clip"])
    assert quarantine.rows == [
        ("flute00_500", "chunk/train/flute/flute00_500.wav", "there is no picture")
    ]
    kept = sub_urmp.read(folder, require_both=False).set_index("clip")
    assert kept.loc["flute00_500", "image"] == ""


def lose_many(folder: Path) -> None:
    for path in (folder / "chunk/train/flute").iterdir():
        path.unlink()


def duplicate(folder: Path) -> None:
    put(folder, "validation", "flute00", [500])


def empty(folder: Path) -> None:
    for path in folder.rglob("*.*"):
        path.unlink()


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lose_many, r"6 of 41 clips are set aside: there is no sound \(6\)"),
        (duplicate, "'flute00_500' lies there more than once"),
        (empty, "no clips are found"),
    ],
)
def test_damage(folder: Path, damage: Callable[[Path], None], message: str) -> None:
    damage(folder)
    with pytest.raises(InputError, match=message) as caught:
        sub_urmp.read(folder)
    assert "\n" not in str(caught.value)


def test_wrong_arguments(folder: Path) -> None:
    with pytest.raises(InputError, match="'songs' is unknown"):
        sub_urmp.read(folder, split="songs")
    with pytest.raises(InputError, match="stride_ms"):
        sub_urmp.read(folder, stride_ms=150)
    with pytest.raises(InputError, match="no such folder"):
        sub_urmp.read(folder / "nowhere")


@pytest.mark.skipif(not REAL.is_dir(), reason="the genuine Sub-URMP samples are not at hand")
def test_the_genuine_samples_read() -> None:
    pairs = sub_urmp.read(REAL / "cargan_pairs", split="published")
    listed = (REAL / "cargan_pairs" / "train_data.txt").read_text().splitlines()
    fields = [line.split("||") for line in listed]
    by_clip = pairs.set_index("clip")
    assert len(pairs) == len(listed) == 26
    for spectrogram, one_hot, image in fields:
        row = by_clip.loc[Path(image).stem]
        assert row["label"] == sub_urmp.INSTRUMENTS[one_hot.split(", ").index("1")]
        assert Path(spectrogram).parts[-4:] == Path(str(row["spectrogram"])).parts
        assert Path(image).parts[-4:] == Path(str(row["image"])).parts
    everything = sub_urmp.read(REAL, require_both=False)
    chunks = everything[everything["audio"] != ""]
    assert chunks["clip"].tolist() == ["bassoon00_1000", "bassoon01_1000"]
    assert (chunks["end_s"] - chunks["start_s"]).tolist() == [0.5, 0.5]
    for audio in chunks["audio"]:
        assert soundfile.info(str(REAL / audio)).duration == 0.5
