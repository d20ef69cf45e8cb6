from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from crossmodal.corpora.registry import Corpus, FileSpec, absences, availability, load_registry
from crossmodal.errors import InputError

ROOT = Path(__file__).parents[2]
ENTRY: dict[str, Any] = {
    "title": "Toy",
    "homepage": "https://toy.example",
    "licence": "CC0",
    "citation": "Toy 2020.",
    "access": "open",
    "parts": {
        "main": {
            "downloads": [{"file": "toy.zip", "url": "https://toy.example/toy.zip"}],
            "files": [{"path": "a.txt"}, {"path": "img/*.jpg", "at_least": 2}],
        },
        "more": {
            "required": False,
            "downloads": [{"file": "more.zip", "url": "https://toy.example/more.zip"}],
            "files": [{"path": "more.txt"}],
        },
    },
}


def corpus(**changes: Any) -> Corpus:
    return Corpus.model_validate({**ENTRY, "name": "toy", **changes})


def by_hand(access: str = "form") -> Corpus:
    parts = {"main": {"files": ENTRY["parts"]["main"]["files"]}}
    return corpus(access=access, ask="Write to toy@toy.example.", parts=parts)


def registry_error(text: str, tmp_path: Path) -> str:
    path = tmp_path / "corpora.yaml"
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        load_registry(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.hint
    return str(caught.value)


def changed(tmp_path: Path, *path: str | int, **values: Any) -> str:
    """The error for the entry with keys set at a path in it."""
    raw: Any = yaml.safe_load(yaml.safe_dump({"corpora": {"toy": ENTRY}}))
    at = raw["corpora"]["toy"]
    for step in path:
        at = at[step]
    at.update(values)
    return registry_error(yaml.safe_dump(raw), tmp_path)


def fill(folder: Path) -> None:
    (folder / "img").mkdir(parents=True)
    for name in ("a.txt", "img/1.jpg", "img/2.jpg"):
        (folder / name).write_bytes(b"x")


def test_the_registry_of_the_project_is_valid_and_complete() -> None:
    registry = load_registry(ROOT / "config" / "corpora.yaml")
    assert set(registry.corpora) >= {
        "wikipedia",
        "nuswide10k",
        "urmp",
        "sub_urmp",
        "flickr8k_audio",
        "places_audio",
        "the_big_bang_theory",
        "voxceleb1",
        "av_digits",
        "vgg16",
    }
    for entry in registry.corpora.values():
        for part in entry.parts.values():
            for download in part.downloads:
                # What can be neither checked nor explained must not be trusted silently.
                assert download.has_checksum or download.note, download.file


def test_the_big_bang_theory_is_never_fetched_and_asks_for_what_is_wanted(tmp_path: Path) -> None:
    entry = load_registry(ROOT / "config" / "corpora.yaml").corpus("the_big_bang_theory")
    assert entry.access == "bring-your-own"
    assert not any(part.downloads for part in entry.parts.values())
    made = {
        "prepared_arrays": ["train_face/1.mat", "train_audio/1.mat", "test/5classes/1.mat"],
        "episodes": ["episodes/s01e01.mp4", "episodes/s01e01.csv"],
    }
    for name, paths in made.items():
        part = entry.parts[name]
        assert not part.required
        for path in paths:  # each is needed
            assert part.missing_in(tmp_path) is not None
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_bytes(b"x")
        assert part.missing_in(tmp_path) is None
    reason = availability(entry, tmp_path, None, also=list(made))
    assert reason is not None
    for word in ("face-images", "train_face", "episodes/sXXeYY.csv"):
        assert word in reason


@pytest.mark.parametrize(
    ("name", "available"), [("wikipedia", True), ("av_digits", True), ("sub_urmp", False)]
)
def test_which_corpora_the_local_mirror_has(name: str, available: bool, tmp_path: Path) -> None:
    mirror = ROOT / ".." / "shared" / "data"
    if not mirror.is_dir():
        pytest.skip("../shared/data is missing")
    entry = load_registry(ROOT / "config" / "corpora.yaml").corpus(name)
    reason = availability(entry, tmp_path, str(mirror))
    assert (reason is None) == available


def test_unknown_corpus_names_the_nearest(tmp_path: Path) -> None:
    registry = load_registry(ROOT / "config" / "corpora.yaml")
    with pytest.raises(InputError, match=r"'wikpedia'.*'wikipedia'"):
        registry.corpus("wikpedia")


def test_unknown_keys_name_the_nearest(tmp_path: Path) -> None:
    message = changed(tmp_path, "parts", "main", "downloads", 0, sha265="0" * 64)
    assert "corpora.toy.parts.main.downloads.0.sha265" in message
    assert "Did you mean 'sha256'?" in message


@pytest.mark.parametrize(
    ("path", "values", "field"),
    [
        ((), {"access": "free"}, "access"),
        ((), {"title": 3}, "title"),
        ((), {"parts": {}}, "parts"),
        (("parts", "main"), {"required": "yes"}, "required"),
        (("parts", "main"), {"files": []}, "files"),
        (("parts", "main", "downloads", 0), {"url": "ftp://toy.example/x"}, "url"),
        (("parts", "main", "downloads", 0), {"url": "file:///etc/passwd"}, "url"),
        (("parts", "main", "downloads", 0), {"file": "../x"}, "file"),
        (("parts", "main", "downloads", 0), {"sha256": "abc"}, "sha256"),
        (("parts", "main", "downloads", 0), {"bytes": -1}, "bytes"),
        (("parts", "main", "files", 0), {"path": "../x"}, "files.0"),
        (("parts", "main", "files", 0), {"path": "/x"}, "files.0"),
        (("parts", "main", "files", 1), {"sha256": "0" * 64}, "files.1"),
    ],
)
def test_wrong_entries_name_the_field(
    path: tuple[str | int, ...], values: dict[str, Any], field: str, tmp_path: Path
) -> None:
    assert field in changed(tmp_path, *path, **values)


def test_a_file_to_fetch_by_hand_needs_a_place_to_ask(tmp_path: Path) -> None:
    assert "ask is needed" in changed(tmp_path, "parts", "main", "downloads", 0, url=None)


@pytest.mark.parametrize("text", ["corpora: [", "- 1\n", "corpora: 3\n", "corpora:\n  toy: 3\n"])
def test_files_that_are_no_registry(text: str, tmp_path: Path) -> None:
    registry_error(text, tmp_path)


def test_a_missing_registry_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        load_registry(tmp_path / "none.yaml")


def test_hidden_files_match_no_pattern(tmp_path: Path) -> None:
    for name in ("a.jpg", ".a.1.partial.jpg", ".unpacking/b.jpg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    assert FileSpec(path="**/*.jpg").matches(tmp_path) == [tmp_path / "a.jpg"]


def test_open_corpus_is_available_and_needs_no_ask(tmp_path: Path) -> None:
    assert availability(corpus(), tmp_path / "none", None) is None


@pytest.mark.parametrize("access", ["form", "agreement", "bring-your-own"])
def test_reason_says_where_to_ask_and_what_to_put_where(access: str, tmp_path: Path) -> None:
    reason = availability(by_hand(access), tmp_path / "toy", None)
    assert reason is not None
    for part in ("Toy", "a.txt", "toy@toy.example", str(tmp_path / "toy"), "https://toy.example"):
        assert part in reason
    fill(tmp_path / "toy")
    assert availability(by_hand(access), tmp_path / "toy", None) is None


def test_too_few_files_of_a_pattern_are_counted(tmp_path: Path) -> None:
    fill(tmp_path)
    (tmp_path / "img" / "2.jpg").unlink()
    assert "1 of at least 2 files" in str(availability(by_hand(), tmp_path, None))


def test_an_archive_placed_by_hand_is_enough(tmp_path: Path) -> None:
    parts = {"main": {**ENTRY["parts"]["main"], "downloads": [{"file": "toy.zip", "url": None}]}}
    entry = corpus(access="form", ask="Ask.", parts=parts)
    assert availability(entry, tmp_path, None) is not None
    (tmp_path / "toy.zip").write_bytes(b"x")
    assert availability(entry, tmp_path, None) is None


def test_a_mirror_folder_needs_the_files_or_the_archives(tmp_path: Path) -> None:
    mirror, folder = tmp_path / "mirror", tmp_path / "data"
    (mirror / "other").mkdir(parents=True)
    entry = corpus(mirror_name="other")
    reason = availability(entry, folder, str(mirror))
    assert reason is not None
    assert str(mirror / "other") in reason
    (mirror / "other" / "toy.zip").write_bytes(b"x")
    assert availability(entry, folder, str(mirror)) is None
    (mirror / "other" / "toy.zip").unlink()
    fill(mirror / "other")
    assert availability(entry, folder, str(mirror)) is None
    assert availability(entry, folder, str(mirror), also=["more"]) is not None


def test_a_mirror_address_is_believed(tmp_path: Path) -> None:
    assert availability(by_hand(), tmp_path, "https://mirror.example") is None


def test_an_unknown_part_names_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="Did you mean 'more'"):
        availability(corpus(), tmp_path, None, also=["mor"])


def in_part(**changes: Any) -> Corpus:
    """A corpus of which three pictures are published and one is of use."""
    main = {"files": [{"path": "img/*.jpg", "published": 3}], **changes}
    downloads = [{"file": "img/1.jpg", "url": "https://toy.example/1.jpg"}]
    return corpus(mirror_name=".", parts={"main": {"downloads": downloads, **main}})


def test_what_is_absent_is_said_and_done_without(tmp_path: Path) -> None:
    mirror, folder = tmp_path / "mirror", tmp_path / "data"
    (mirror / "img").mkdir(parents=True)
    entry = in_part()
    assert "img/*.jpg" in str(availability(entry, folder, str(mirror)))
    (mirror / "img" / "1.jpg").write_bytes(b"x")
    assert availability(entry, folder, str(mirror)) is None
    lacks = ["1 of 3 files img/*.jpg"]
    assert absences(entry, folder, str(mirror)) == lacks
    # The same when the corpus was brought into its folder.
    (folder / "img").mkdir(parents=True)
    (folder / "img" / "1.jpg").write_bytes(b"x")
    assert absences(entry, folder, str(mirror)) == lacks
    assert absences(entry, folder, None) == lacks
    (mirror / "img" / "2.jpg").write_bytes(b"x")
    assert absences(entry, folder, str(mirror)) == ["2 of 3 files img/*.jpg"]
    (folder / "img" / "3.jpg").write_bytes(b"x")
    assert absences(entry, folder, str(mirror)) == []


def test_of_an_address_everything_is_expected(tmp_path: Path) -> None:
    for mirror in (None, "https://mirror.example"):
        assert absences(in_part(), tmp_path / "data", mirror) == []
    packed = in_part(downloads=[{"file": "all.zip", "url": "https://toy.example/all.zip"}])
    (tmp_path / "mirror").mkdir()
    (tmp_path / "mirror" / "all.zip").write_bytes(b"x")
    assert absences(packed, tmp_path / "data", str(tmp_path / "mirror")) == []
    assert absences(corpus(), tmp_path, None) == []


@pytest.mark.parametrize("name", ["../a.jpg", "/a.jpg", "a//b.jpg", "a/../b.jpg", "a\\\\b.jpg"])
def test_a_download_stays_in_the_folder(name: str, tmp_path: Path) -> None:
    downloads = [{"file": name, "url": "https://toy.example/x"}]
    changed(tmp_path, "parts", "main", downloads=downloads)
