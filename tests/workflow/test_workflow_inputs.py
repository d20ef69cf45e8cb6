"""Bad input ends with one line and exit code 1, and leaves nothing half-written."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import scipy.io
from fixture_workflow import SMOKE, SNAKEMAKE, Ended, Project

CORPUS = "results/smoke/corpora/wikipedia"
HASHING = "results/smoke/hashing"
RUN = f"{HASHING}/runs/wikipedia/cvh_16/seed0"


def one_line(ended: Ended[str]) -> str:
    """Return the one line of a verb that refused its input."""
    assert ended.returncode == 1, ended.stderr
    assert ended.stderr.startswith("error: ")
    assert ended.stderr.count("\n") == 1
    assert ended.stdout == ""
    return ended.stderr


def refused(project: Project, *words: str) -> str:
    """Return the one line with which planning ended; Snakemake adds what it read settings from."""
    ended = project.call(SNAKEMAKE, "-n", *words)
    assert ended.returncode == 1, ended.stderr
    assert "Traceback" not in ended.stderr
    errors = [line for line in ended.stderr.splitlines() if line.startswith("error: ")]
    assert errors == ended.stderr.splitlines()[-1:]
    assert len(errors[0]) < 500
    return errors[0]


@pytest.fixture
def wikipedia(finished: Project, tmp_path: Path) -> Path:
    """A copy of the stand-in of Wikipedia that a test may damage."""
    folder = tmp_path / "wikipedia"
    shutil.copytree(finished.root / "data/wikipedia/synthetic-smoke", folder)
    return folder


def features_of(project: Project, folder: Path, out: Path) -> Ended[str]:
    manifest = project.root / CORPUS / "manifest.csv"
    return project.crossmodal(
        *("features", "wikipedia", "image_bow", "--folder", folder, "--manifest", manifest),
        *("--out", out),
    )


def test_truncated_features(finished: Project, wikipedia: Path, tmp_path: Path) -> None:
    path = wikipedia / "raw_features.mat"
    path.write_bytes(path.read_bytes()[:-2000])
    message = one_line(features_of(finished, wikipedia, tmp_path / "out"))
    assert f"{path}: not a readable MATLAB file" in message
    assert not (tmp_path / "out").exists()


def test_features_that_are_no_numbers(finished: Project, wikipedia: Path, tmp_path: Path) -> None:
    path = wikipedia / "raw_features.mat"
    variables = {
        name: value for name, value in scipy.io.loadmat(path).items() if not name.startswith("__")
    }
    variables["I_tr"][3, 5] = np.nan
    scipy.io.savemat(path, variables)
    message = one_line(features_of(finished, wikipedia, tmp_path / "out"))
    assert f"{path}: I_tr: a value is not a finite number" in message
    assert not (tmp_path / "out").exists()


def test_a_list_that_names_a_missing_image(
    finished: Project, wikipedia: Path, tmp_path: Path
) -> None:
    path = wikipedia / "trainset_txt_img_cat.list"
    lines = path.read_text().splitlines()
    text_id, _, category = lines[0].split("\t")
    path.write_text("\n".join([f"{text_id}\tno_such_image\t{category}", *lines[1:]]) + "\n")
    out = tmp_path / "manifest.csv"
    message = one_line(
        finished.crossmodal("manifest", "wikipedia", "--folder", wikipedia, "--out", out)
    )
    assert "no_such_image.jpg" in message
    assert not out.exists()


def test_nan_in_a_feature_file(scratch: Project) -> None:
    path = scratch.root / CORPUS / "image_bow.npy"
    array = np.load(path)
    array[7, 0] = np.nan
    np.save(path, array)
    out = scratch.root / "tuning.csv"
    message = one_line(
        scratch.crossmodal(
            *("tune", "hashing", "--edition", "smoke", "--corpus", "wikipedia"),
            *("--method", "cvh", "--families", "cvh", "--corpus-results", CORPUS, "--out", out),
        )
    )
    assert "image_bow.npy: row 7: a value is not finite" in message
    assert not out.exists()


@pytest.mark.parametrize("damage", ["truncated", "empty", "flipped"])
def test_a_corrupted_checkpoint(scratch: Project, damage: str) -> None:
    path = scratch.root / RUN / "checkpoint.pt"
    content = path.read_bytes()
    middle = len(content) // 2
    path.write_bytes(
        {
            "truncated": content[:middle],
            "empty": b"",
            "flipped": content[:50] + bytes(255 - byte for byte in content[50:]),
        }[damage]
    )
    before = {p: p.read_bytes() for p in path.parent.iterdir()}
    message = one_line(
        scratch.crossmodal(
            *("evaluate", "hashing", "--edition", "smoke", "--corpus", "wikipedia"),
            *("--families", "cvh", "--seeds", "0", "--corpus-results", CORPUS, "--out", HASHING),
        )
    )
    assert "cvh_16/seed0/checkpoint.pt: is no checkpoint that can be trusted" in message
    assert "Train the run again" in message
    assert {p: p.read_bytes() for p in path.parent.iterdir()} == before


def test_a_corrupted_checkpoint_in_the_workflow(scratch: Project) -> None:
    path = scratch.root / RUN / "checkpoint.pt"
    path.write_bytes(path.read_bytes()[:100])
    ended = scratch.run_once("--cores", "2", f"{RUN}/metrics.csv", *SMOKE)
    assert ended.returncode == 1
    assert "error: " in ended.stderr
    assert "checkpoint.pt: is no checkpoint that can be trusted" in ended.stderr
    assert "Traceback" not in ended.stderr
    log = scratch.root / "logs/smoke/hashing_evaluate/wikipedia.log"
    assert "Traceback" in log.read_text()
    assert not (path.parent / "metrics.csv").exists()


def test_an_unknown_column_of_claims(finished: Project, tmp_path: Path) -> None:
    claims = tmp_path / "claims.csv"
    text = (finished.root / "config/claims/hashing.csv").read_text()
    claims.write_text(text.replace("relation", "realtion", 1))
    out = tmp_path / "judged.csv"
    message = one_line(
        finished.crossmodal("claims", "--claims", claims, "--results", HASHING, "--out", out)
    )
    assert message == f"error: {claims}: realtion: unknown column. Did you mean 'relation'?\n"
    assert not out.exists()


def test_a_mirror_without_the_corpus(fresh: Project, tmp_path: Path) -> None:
    message = one_line(
        fresh.crossmodal(
            *("download", "wikipedia", "--folder", tmp_path / "corpus"),
            *("--mirror", tmp_path / "nowhere"),
        )
    )
    assert "nowhere/wikipedia lacks raw_features.mat" in message
    assert not (tmp_path / "corpus").exists()


def test_a_mirror_with_another_content(fresh: Project, wikipedia: Path, tmp_path: Path) -> None:
    # The right sizes, so that only the checksum can tell.
    sizes = {
        "raw_features.mat": 1_075_232,
        "trainset_txt_img_cat.list": 155_153,
        "testset_txt_img_cat.list": 49_494,
    }
    for name, size in sizes.items():
        (wikipedia / name).write_bytes(b"0" * size)
    corpus = tmp_path / "corpus"
    message = one_line(
        fresh.crossmodal("download", "wikipedia", "--folder", corpus, "--mirror", tmp_path)
    )
    assert "raw_features.mat" in message
    assert "sha256" in message.lower().replace("-", "")
    assert not (corpus / "contents.csv").exists()
    assert not (corpus / "raw_features.mat").exists()
    assert [path for path in corpus.rglob("*") if "partial" in path.name] == []


def test_an_edition_without_any_corpus(fresh: Project, tmp_path: Path) -> None:
    message = refused(fresh, "--config", "edition=public", f"mirror={tmp_path}")
    assert "edition public: no corpus is at hand" in message


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["editon=demo"], "config.yaml: editon: unknown key. Did you mean `edition`?"),
        (
            ["edition=huge"],
            "there is no edition 'huge'. Choose one of: demo, own, paper, public, smoke",
        ),
        (["edition=smoke", 'papers=["hashin"]'], "papers: there is no paper 'hashin'"),
        (["edition=smoke", 'overrides={"hashin": {}}'], "overrides: there is no paper 'hashin'"),
        (
            ["edition=smoke", 'overrides={"hashing": {"methods": {"ours": {"hiden": 1}}}}'],
            "methods.ours.hiden: unknown key. Did you mean `hidden`?",
        ),
        (
            ["edition=smoke", 'overrides={"benchmark": {"tasks": ["digit"]}}'],
            "config/benchmark.yaml: tasks: 'digit' is not among the definitions",
        ),
        (["edition=smoke", "seeds=[a]"], "seeds"),
    ],
)
def test_a_wrong_word_on_the_command_line(fresh: Project, words: list[str], message: str) -> None:
    assert message in refused(fresh, "--config", *words)
    assert not (fresh.root / "results/smoke").exists()


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        ("config/papers/hashing.yaml", "tuning:", "tunin:", "tunin: unknown key. Did you mean"),
        ("config/papers/hashing.yaml", "alpha: 0.5", "alpha: half", "methods.smfh.alpha"),
        ("config/papers/hashing.yaml", "\nbits: [", "\nbits: [[", "is not YAML"),
        (
            "config/editions/smoke.yaml",
            "source: synth",
            "source: sinth",
            "corpora.wikipedia.source",
        ),
        (
            "config/editions/smoke.yaml",
            "seeds:",
            "seed:",
            "seed: unknown key. Did you mean `seeds`",
        ),
        ("config/corpora.yaml", "  wikipedia:\n    title:", "  wikipedia:\n    titel:", "titel"),
    ],
)
def test_a_wrong_word_in_a_settings_file(
    fresh: Project, tmp_path: Path, name: str, old: str, new: str, message: str
) -> None:
    project = fresh.copy_to(tmp_path / "project")
    path = project.root / name
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    line = refused(project, *SMOKE)
    assert line.startswith(f"error: {name}: ")
    assert message in line
