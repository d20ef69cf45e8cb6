from __future__ import annotations

import json
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
from fixture_captions import CORPUS, colour, tone, write_wav

from crossmodal import cli, load_run
from crossmodal.papers.captions.files import Embedder, Kind
from crossmodal.papers.captions.search import search


@pytest.fixture
def run(trained_captions: Path, tmp_path: Path) -> Path:
    """Return a run of its own for the test."""
    folder = tmp_path / "run"
    shutil.copytree(trained_captions / "runs" / CORPUS / "tcn_new_loss" / "seed0", folder)
    return folder


@pytest.fixture
def sounds(tmp_path: Path) -> Path:
    for number in range(4):
        write_wav(tmp_path / "sounds" / f"{number}.wav", tone(number, 0.3 + 0.2 * number))
    return tmp_path / "sounds"


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    (folder / "deeper").mkdir(parents=True)
    for number in range(70, 75):
        place = folder if number % 2 else folder / "deeper"
        cv2.imwrite(str(place / f"bild {number} ä.png"), colour(number))
    return folder


def ended(capsys: pytest.CaptureFixture[str], *words: str | Path) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as caught:
        cli.main(["search", *(str(word) for word in words)])
    screen = capsys.readouterr()
    assert isinstance(caught.value.code, int)
    return caught.value.code, screen.out, screen.err


def naive(run: Path, query: Path, files: list[Path], kind: Kind) -> list[str]:
    """Rank files by the inner products of embeddings made one by one."""
    embedder = Embedder.open(run, None, 1)
    vector = embedder.embed([query], "sound" if kind == "picture" else "picture")[0]
    scores = {file.name: float(embedder.embed([file], kind)[0] @ vector) for file in files}
    return sorted(scores, key=lambda name: -scores[name])


def test_a_recording_finds_pictures_from_the_command_line(
    run: Path, sounds: Path, pictures: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    query = sounds / "2.wav"
    code, out, err = ended(capsys, run, query, "--gallery", pictures, "--best", "3")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert [line.split()[0] for line in lines] == ["1", "2", "3"]
    found = [Path(line.split(maxsplit=2)[2]).name for line in lines]
    assert found == naive(run, query, sorted(pictures.rglob("*.png")), "picture")[:3]


def test_a_picture_finds_recordings_from_the_command_line(
    run: Path, sounds: Path, pictures: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    query = pictures / "bild 71 ä.png"
    code, out, _ = ended(capsys, run, query, "--gallery", sounds)
    assert code == 0
    found = [line.split()[2] for line in out.splitlines()]
    assert found == naive(run, query, sorted(sounds.iterdir()), "sound")


def test_a_second_search_does_not_embed_the_gallery_again(
    run: Path, sounds: Path, pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = search(run, sounds / "0.wav", pictures, 5, None, 1)
    assert len(list((run / "search").glob("*.faiss"))) == 1
    embedded: list[Path] = []
    embed = Embedder.embed

    def counted(self: Embedder, files: list[Path], kind: Kind) -> np.ndarray:
        embedded.extend(files)
        return embed(self, files, kind)

    monkeypatch.setattr(Embedder, "embed", counted)
    again = search(run, sounds / "0.wav", pictures, 5, None, 1)
    assert again.equals(first)
    assert embedded == [sounds / "0.wav"]
    # A new picture changes the gallery.
    cv2.imwrite(str(pictures / "new.png"), colour(99))
    assert len(search(run, sounds / "0.wav", pictures, 9, None, 1)) == 6
    assert len(embedded) == 1 + 1 + 6
    # Another checkpoint makes other embeddings.
    with (run / "checkpoint.pt").open("ab") as file:
        file.write(b" ")
    search(run, sounds / "0.wav", pictures, 1, None, 1)
    assert len(embedded) == 1 + 1 + 6 + 1 + 6


def test_files_that_cannot_be_read_are_left_out_and_named(
    run: Path, sounds: Path, pictures: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (pictures / "broken.png").write_text("no picture")
    (sounds / "broken.wav").write_bytes(b"RIFF")
    code, out, err = ended(capsys, run, sounds / "0.wav", "--gallery", pictures, "--best", "99")
    assert code == 0
    assert len(out.splitlines()) == 5
    assert f"left out: {pictures / 'broken.png'}" in err
    code, out, err = ended(capsys, run, pictures / "bild 71 ä.png", "--gallery", sounds)
    assert code == 0
    assert len(out.splitlines()) == 4
    assert f"left out: {sounds / 'broken.wav'}" in err


def test_mistakes_are_one_clear_line(
    run: Path, sounds: Path, pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def line(query: Path, gallery: Path, folder: Path = run, best: str = "5") -> str:
        code, out, err = ended(capsys, folder, query, "--gallery", gallery, "--best", best)
        assert (code, out) == (1, "")
        assert err.count("\n") == 1
        return err

    bad, text, empty = sounds / "bad.wav", tmp_path / "query.txt", tmp_path / "empty"
    bad.write_bytes(b"RIFF....")
    empty.mkdir()
    assert line(bad, pictures).startswith(f"error: {bad}: ")
    assert "neither a sound nor a picture" in line(text, pictures)
    assert "there is no such file" in line(tmp_path / "none.wav", pictures)
    assert f"{empty}: holds no pictures" in line(sounds / "0.wav", empty)
    # Sounds where pictures are wanted.
    assert "holds no pictures" in line(sounds / "0.wav", sounds)
    assert "there is no such folder" in line(sounds / "0.wav", tmp_path / "nowhere")
    assert "at least 1" in line(sounds / "0.wav", pictures, best="0")
    (empty / "broken.jpg").write_text("x")
    _, _, err = ended(capsys, run, sounds / "0.wav", "--gallery", empty)
    assert "none of its pictures can be read" in err
    record = json.loads((run / "run.json").read_text(encoding="utf-8"))
    (run / "run.json").write_text(json.dumps({**record, "paper": "hashing"}), encoding="utf-8")
    assert "is a run of 'hashing'" in line(sounds / "0.wav", pictures)
    assert "run.json" in line(sounds / "0.wav", pictures, folder=tmp_path)


def test_a_picture_is_described_as_its_corpus_was(trained_captions: Path) -> None:
    run = trained_captions / "runs" / CORPUS / "baseline" / "seed1"
    embedder = Embedder.open(run, None, 1)
    corpus = trained_captions.parents[1] / "data" / CORPUS / "synthetic-smoke" / "images"
    windows = trained_captions.parent / "corpora" / CORPUS / "captions"
    known = np.load(windows / "image_deep.npy")
    found = embedder.describe([corpus / "3.png"])
    np.testing.assert_allclose(found[0], known[3 * 3], rtol=1e-5, atol=1e-5)


def test_a_picture_and_a_recording_have_a_score(run: Path, sounds: Path, pictures: Path) -> None:
    picture, sound = pictures / "bild 71 ä.png", sounds / "2.wav"
    found = search(run, sound, pictures, 9, None, 1).set_index("file")["score"]
    assert load_run(run).score(picture, sound) == pytest.approx(found[picture.name], abs=1e-5)
