"""Bad input ends with one line and exit code 1, and leaves nothing half-written."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import scipy.io
from fixture_workflow import SMOKE, SNAKEMAKE, Ended, Project

CORPUS = "results/smoke/corpora/wikipedia"
HASHING = "results/smoke/hashing"
RUN = f"{HASHING}/runs/wikipedia/cvh/seed0"
RUN_FILE = ("--run", "results/smoke/run.yaml")


def one_line(ended: Ended[str]) -> str:
    """Return the one line of a verb that refused its input."""
    assert ended.returncode == 1, ended.stderr
    assert ended.stderr.startswith("error: ")
    assert ended.stderr.count("\n") == 1
    assert ended.stdout == ""
    return ended.stderr


def refused(project: Project, *words: str) -> str:
    """Return what planning ended with, as one line."""
    ended = project.call(SNAKEMAKE, "-n", *words)
    assert ended.returncode == 1, ended.stderr
    assert "Traceback" not in ended.stdout + ended.stderr
    said = (ended.stdout + ended.stderr).split("WorkflowError in file ", 1)[1]
    message = said.split(":\n", 1)[1].splitlines()[0]
    assert len(message) < 1500
    return message


@pytest.fixture
def wikipedia(scratch: Project) -> Path:
    """The stand-in of Wikipedia of a project that a test may damage."""
    return scratch.root / "data/wikipedia/synthetic-smoke"


def refuses_features(project: Project) -> str:
    """Return the one line with which the bag of visual words is refused; nothing is left of it."""
    out = project.root / CORPUS / "image_bow.npy"
    out.unlink()
    message = one_line(project.crossmodal("features", "wikipedia", "image_bow", *RUN_FILE))
    assert not out.exists()
    return message


def test_truncated_features(scratch: Project, wikipedia: Path) -> None:
    path = wikipedia / "raw_features.mat"
    path.write_bytes(path.read_bytes()[:-2000])
    assert "raw_features.mat: not a readable MATLAB file" in refuses_features(scratch)


def test_features_that_are_no_numbers(scratch: Project, wikipedia: Path) -> None:
    path = wikipedia / "raw_features.mat"
    variables = {
        name: value for name, value in scipy.io.loadmat(path).items() if not name.startswith("__")
    }
    variables["I_tr"][3, 5] = np.nan
    scipy.io.savemat(path, variables)
    message = refuses_features(scratch)
    assert "raw_features.mat: I_tr: a value is not a finite number" in message


def test_a_list_that_names_a_missing_image(scratch: Project, wikipedia: Path) -> None:
    path = wikipedia / "trainset_txt_img_cat.list"
    lines = path.read_text().splitlines()
    text_id, _, category = lines[0].split("\t")
    path.write_text("\n".join([f"{text_id}\tno_such_image\t{category}", *lines[1:]]) + "\n")
    out = scratch.root / CORPUS / "manifest.csv"
    out.unlink()
    message = one_line(scratch.crossmodal("manifest", "wikipedia", *RUN_FILE))
    assert "no_such_image.jpg" in message
    assert not out.exists()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (f"{CORPUS}/manifest.csv", ("train", "hashing", "wikipedia", "cvh", "0")),
        (f"{CORPUS}/image_bow.npy", ("tune", "hashing", "wikipedia", "cvh")),
        (f"{HASHING}/metrics/wikipedia.csv", ("artefacts", "hashing")),
        (f"{HASHING}/scores/wikipedia.npz", ("claims", "hashing")),
        (f"{HASHING}/tuning/wikipedia/cvh.csv", ("train", "hashing", "wikipedia", "cvh", "0")),
        (
            "results/smoke/corpora/sub_urmp/cmcgan/waves.npy",
            ("features", "sub_urmp/cmcgan", "log_mel"),
        ),
    ],
)
def test_a_file_that_was_cut_is_noticed_by_its_reader(
    scratch: Project, name: str, words: tuple[str, ...]
) -> None:
    path = scratch.root / name
    content = path.read_bytes()
    # A table is cut at the end of a line, so that what is left of it is a table.
    half = content[: content.rindex(b"\n", 0, len(content) // 2) + 1]
    path.write_bytes(half if name.endswith(".csv") else content[: len(content) // 2])
    message = one_line(scratch.crossmodal(*words, *RUN_FILE))
    assert name in message
    assert "Delete it and run the workflow again" in message
    ended = scratch.crossmodal("verify", *RUN_FILE)
    assert ended.returncode == 1
    assert [line for line in ended.stdout.splitlines() if name in line]
    # The remedy works.
    path.unlink()
    planned = scratch.planned(*SMOKE)
    assert any(name in outputs for jobs in planned.values() for outputs in jobs)


def test_an_edition_is_verified(finished: Project) -> None:
    ended = finished.crossmodal("verify", *RUN_FILE)
    assert ended.returncode == 0, ended.stdout + ended.stderr


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
    before = {p: p.read_bytes() for p in path.parent.iterdir() if p.is_file()}
    message = one_line(scratch.crossmodal("evaluate", "hashing", "wikipedia", *RUN_FILE))
    assert "cvh/seed0/checkpoint.pt" in message
    assert "Delete it and run the workflow again" in message
    assert {p: p.read_bytes() for p in path.parent.iterdir() if p.is_file()} == before


def test_a_corrupted_checkpoint_in_the_workflow(scratch: Project) -> None:
    path = scratch.root / RUN / "checkpoint.pt"
    path.write_bytes(path.read_bytes()[:100])
    scores = f"{HASHING}/scores/wikipedia.npz"
    ended = scratch.run_once("--cores", "2", scores, *SMOKE)
    assert ended.returncode == 1
    assert "error: " in ended.stderr
    assert "cvh/seed0/checkpoint.pt" in ended.stderr
    assert "Traceback" not in ended.stderr
    log = scratch.root / "logs/smoke/evaluate/hashing/wikipedia.log"
    assert "Traceback" in log.read_text()
    assert not (scratch.root / scores).exists()


def test_an_unknown_column_of_claims(scratch: Project) -> None:
    claims = scratch.root / "config/claims/hashing.csv"
    claims.write_text(claims.read_text().replace("relation", "realtion", 1))
    before = (scratch.root / HASHING / "claims.csv").read_bytes()
    message = one_line(scratch.crossmodal("claims", "hashing", *RUN_FILE))
    assert message == (
        "error: config/claims/hashing.csv: realtion: unknown column. Did you mean 'relation'?\n"
    )
    assert (scratch.root / HASHING / "claims.csv").read_bytes() == before


def test_a_mirror_without_the_corpus(fresh: Project, tmp_path: Path) -> None:
    message = one_line(
        fresh.crossmodal(
            *("download", "wikipedia", "--folder", tmp_path / "corpus"),
            *("--mirror", tmp_path / "nowhere"),
        )
    )
    assert "nowhere/wikipedia lacks raw_features.mat" in message
    assert not (tmp_path / "corpus").exists()


def test_a_mirror_with_another_content(fresh: Project, tmp_path: Path) -> None:
    wikipedia = tmp_path / "wikipedia"
    wikipedia.mkdir()
    # The right sizes, so that only the checksum can tell.
    sizes = {
        "raw_features.mat": 1_075_232,
        "trainset_txt_img_cat.list": 155_153,
        "testset_txt_img_cat.list": 49_494,
        "categories.list": 75,
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
    assert "editions/public.yaml: corpora: no corpus is at hand" in message


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
    assert line.startswith(f"{name}: ")
    assert message in line
