"""The Big Bang Theory reader: episodes with speaker tracks, released folders, prepared arrays."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import scipy.io
import soundfile

from crossmodal.corpora import prepared_arrays
from crossmodal.corpora import the_big_bang_theory as reader
from crossmodal.corpora.leakage import leakage
from crossmodal.corpora.manifest import check_manifest
from crossmodal.corpora.prepared_arrays import FRAME_STEPS, PEOPLE
from crossmodal.corpora.quarantine import Quarantine
from crossmodal.errors import InputError

EPISODES = ["s01e01", "s01e02", "s01e03", "s02e01", "s02e02"]


@pytest.fixture
def episodes(tmp_path: Path) -> Path:
    (tmp_path / "episodes").mkdir()
    for episode in EPISODES:
        (tmp_path / "episodes" / f"{episode}.mp4").touch()
        (tmp_path / "episodes" / f"{episode}.csv").write_text(
            "start_s,end_s,person\n0.5,2,Penny\n2,2.75,other\n3,4.5,Raj\n"
        )
    return tmp_path


@pytest.fixture
def released(tmp_path: Path) -> Path:
    """Faces of two episodes, voices of three, one of them named by label."""
    for episode in EPISODES[:2]:
        for person in (*PEOPLE, "other"):
            (tmp_path / "face-images" / episode / person).mkdir(parents=True)
            for number in range(3):
                (tmp_path / "face-images" / episode / person / f"{number}.jpg").touch()
    for episode in EPISODES[:3]:
        (tmp_path / "speaking-audio" / episode).mkdir(parents=True)
        for place, person in enumerate(PEOPLE):
            name = f"{episode}_{place + 1}" if episode == EPISODES[1] else f"{person}_001"
            path = tmp_path / "speaking-audio" / episode / f"{name}.wav"
            soundfile.write(path, np.zeros(4000, np.int16), 16000)
    labels = [f"{person}: {place}" for place, person in enumerate(PEOPLE, start=1)]
    (tmp_path / "labels.txt").write_text("\n".join(labels))
    return tmp_path


@pytest.fixture
def prepared(tmp_path: Path) -> Path:
    """Arrays whose every number says file, kind, row, dimension and step."""
    generator = np.random.default_rng(0)
    train = tmp_path / "data" / "processed_training_data"
    for folder in (train / "train_face", train / "train_audio", tmp_path / "raw_full/5classes"):
        folder.mkdir(parents=True)
    save(train / "train_face" / "1.mat", "samples", "labels", (53, 13), 12, generator)
    for number in (1, 2, 10):
        save(train / "train_audio" / f"{number}.mat", "samples", "labels", (25, 49), 10, generator)
    test = tmp_path / "raw_full" / "5classes"
    save(test / "1.mat", "test_samples", "test_labels", (78, 49), 6, generator)
    (test / "6.mat").write_bytes(b"mismatched, not read")
    return tmp_path


def save(
    path: Path,
    samples: str,
    labels: str,
    shape: tuple[int, int],
    count: int,
    generator: np.random.Generator,
) -> None:
    people = np.arange(count) % 5
    scipy.io.savemat(
        path, {samples: generator.normal(size=(*shape, count)), labels: np.eye(5)[:, people]}
    )


def test_turns_of_episodes(episodes: Path) -> None:
    frame = reader.read(episodes)
    assert len(frame) == 10
    assert frame["clip"].tolist()[:3] == ["s01e01_0001", "s01e01_0003", "s01e02_0001"]
    row = frame.iloc[1]
    assert (row["person"], row["label"], row["source"]) == ("Raj", "Raj", "s01e01")
    assert (row["start_s"], row["end_s"], row["video"]) == (3.0, 4.5, "episodes/s01e01.mp4")
    assert not leakage(frame).query("kind == 'source'")["shared"].any()
    assert frame.groupby("source")["split"].first().value_counts().to_dict() == {
        "train": 3,
        "validation": 1,
        "test": 1,
    }


def test_named_episodes_and_random_rows(episodes: Path) -> None:
    frame = reader.read(episodes, test=["s02e01"], validation=["s01e01"])
    assert frame.groupby("source")["split"].first().to_dict() == {
        "s01e01": "validation",
        "s01e02": "train",
        "s01e03": "train",
        "s02e01": "test",
        "s02e02": "train",
    }
    assert leakage(reader.read(episodes, split="random", test=0.4))["shared"].any()
    with pytest.raises(InputError, match="there is no episode 's09e01'"):
        reader.read(episodes, test=["s09e01"])
    with pytest.raises(InputError, match="'s01e01' is in both"):
        reader.read(episodes, test=["s01e01"], validation=["s01e01"])


def test_an_episode_without_track_is_set_aside(episodes: Path) -> None:
    (episodes / "episodes" / "s01e02.csv").unlink()
    quarantine = Quarantine()
    assert len(reader.read(episodes, quarantine=quarantine)) == 8
    assert quarantine.rows == [("s01e02", "episodes/s01e02.mp4", "there is no speaker track")]
    (episodes / "episodes" / "s01e01.csv").unlink()
    with pytest.raises(InputError, match="2 of 5 clips are set aside"):
        reader.read(episodes)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("start,end,person\n1,2,Raj\n", "the header is start,end,person"),
        (
            "start_s,end_s,person\n1,2,Sheldn\n",
            "row 1: 'Sheldn' is unknown. Did you mean 'Sheldon'",
        ),
        ("start_s,end_s,person\n1,2,Raj\n3,2,Raj\n", "row 2: start and end are no seconds"),
        ("start_s,end_s,person\nx,2,Raj\n", "row 1: start and end are no seconds"),
    ],
)
def test_a_wrong_track(episodes: Path, text: str, message: str) -> None:
    (episodes / "episodes" / "s01e01.csv").write_text(text)
    with pytest.raises(InputError, match=message):
        reader.read(episodes)


def test_released_folders(released: Path) -> None:
    frame = reader.read(released)
    # The third episode has voices, but no faces were released for it.
    assert sorted(set(frame["source"])) == ["s01e01", "s01e02"]
    assert len(frame) == 10
    row = frame.set_index("clip").loc["s01e02/s01e02_3"]
    assert (row["person"], row["start_s"], row["end_s"]) == ("Penny", 0.0, 0.25)
    assert (row["faces"], row["face_images"]) == ("face-images/s01e02/Penny", "3")
    assert row["audio"] == "speaking-audio/s01e02/s01e02_3.wav"


def test_a_voice_without_name_or_faces_is_set_aside(released: Path) -> None:
    voices = released / "speaking-audio" / "s01e01"
    (voices / "Raj_001.wav").rename(voices / "someone.wav")
    for path in (released / "face-images" / "s01e01" / "Penny").iterdir():
        path.unlink()
    (voices / "Howard_001.wav").write_bytes(b"")
    quarantine = Quarantine()
    frame = reader.read(released, limit_share=0.5, quarantine=quarantine)
    assert len(frame) == 7
    assert sorted(row.reason for row in quarantine.rows) == [
        "not a readable sound file",
        "the name of the file says no person",
        "there are no faces of the person in the episode",
    ]


def test_prepared_arrays(prepared: Path) -> None:
    frame = reader.read(prepared, validation=0.2)
    check_manifest(frame, prepared)
    assert frame["split"].value_counts().to_dict() == {"train": 24, "validation": 6, "test": 6}
    assert frame["clip"].tolist()[9:11] == ["train_audio/1:000009", "train_audio/2:000000"]
    face, audio = prepared_arrays.load(prepared, frame)
    assert (face.shape, audio.shape) == ((36, 53, 49), (36, 25, 49))
    train = prepared / "data" / "processed_training_data"
    sources = {
        name: scipy.io.loadmat(prepared / name)
        for name in sorted({*frame["audio"], *frame["faces"]})
    }
    for place, row in enumerate(frame.itertuples()):
        heard, seen = sources[str(row.audio)], sources[str(row.faces)]
        own = int(str(row.audio_row)), int(str(row.face_row))
        kind = "test_labels" if row.split == "test" else "labels"
        assert PEOPLE[heard[kind][:, own[0]].argmax()] == row.person
        assert PEOPLE[seen[kind][:, own[1]].argmax()] == row.person
        if row.split == "test":
            wanted = seen["test_samples"][..., own[1]]
            expected = np.float32(wanted[:53]), np.float32(wanted[53:])
        else:
            held = np.zeros((53, 49))
            for step in range(1, 50):
                frame_number = sum(start <= step for start in FRAME_STEPS) - 1
                held[:, step - 1] = seen["samples"][:, frame_number, own[1]]
            expected = np.float32(held), np.float32(heard["samples"][..., own[0]])
        assert np.array_equal(face[place], expected[0])
        assert np.array_equal(audio[place], expected[1])
    # Twelve faces for thirty voices: all of a person's are used before one is used again.
    voices = frame[frame["split"] != "test"]
    for person in PEOPLE:
        used = voices.loc[voices["person"] == person, "face_row"].value_counts()
        assert used.max() - used.min() <= 1
    assert train.is_dir()


def test_seeds_pair_differently_and_alike(prepared: Path) -> None:
    first, again, other = (
        reader.read(prepared, seed=seed)["face_row"].tolist() for seed in (1, 1, 2)
    )
    assert first == again != other


def hdf5(folder: Path) -> None:
    header = b"MATLAB 7.3 MAT-file".ljust(124, b" ") + b"\x00\x02IM"
    next(folder.rglob("train_face/1.mat")).write_bytes(header + b"\x89HDF\r\n\x1a\n" + b"\0" * 64)


def truncate(folder: Path) -> None:
    path = next(folder.rglob("train_audio/2.mat"))
    path.write_bytes(path.read_bytes()[:200])


def garble(folder: Path) -> None:
    next(folder.rglob("train_audio/2.mat")).write_bytes(b"no arrays here")


def wrong_shape(folder: Path) -> None:
    path = next(folder.rglob("train_audio/1.mat"))
    scipy.io.savemat(path, {"samples": np.zeros((24, 49, 3)), "labels": np.eye(5)[:, :3]})


def no_faces(folder: Path) -> None:
    next(folder.rglob("train_face/1.mat")).unlink()


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (hdf5, "version 7.3 cannot be read. Load it in MATLAB"),
        (truncate, "labels: the variable is missing"),
        (garble, "not a readable MATLAB file"),
        (wrong_shape, r"samples: shape \(24, 49, 3\) instead of \(25, 49, 3\)"),
        (no_faces, r"there is no train_face/\*\.mat"),
    ],
)
def test_damaged_arrays(prepared: Path, damage: Callable[[Path], None], message: str) -> None:
    damage(prepared)
    with pytest.raises(InputError, match=message) as caught:
        reader.read(prepared)
    assert "\n" not in str(caught.value)


def test_the_split_fits_the_layout(
    prepared: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with pytest.raises(InputError, match="layout prepared cannot be split by episode"):
        reader.read(prepared, split="episode")
    with pytest.raises(InputError, match="Use a share"):
        reader.read(prepared, validation=["s01e01"])
    with pytest.raises(InputError, match="there are no episodes/"):
        reader.read(tmp_path_factory.mktemp("empty"))
