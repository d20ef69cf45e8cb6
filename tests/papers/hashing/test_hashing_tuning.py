from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from fixture_hashing import METHODS, paper_settings, write_corpus

from crossmodal.corpora.manifest import read_manifest, write_manifest
from crossmodal.errors import InputError
from crossmodal.papers.hashing import tune as tuning
from crossmodal.papers.hashing.choice import chosen_settings
from crossmodal.papers.hashing.data import hold_out, load_parts
from crossmodal.papers.hashing.ranking import mean_average_precision
from crossmodal.papers.hashing.settings import Method
from crossmodal.papers.hashing.train import train, train_runs
from crossmodal.runs import load_checkpoint, read_run, write_csv

SETTINGS = paper_settings()


def poison(folder: Path, *splits: str) -> None:
    """Turn everything about the rows of some splits into garbage, labels and all."""
    frame = read_manifest(folder / "manifest.csv")
    rows = np.flatnonzero(frame["split"].isin(splits))
    frame.loc[rows, "label"] = np.roll(frame["label"].iloc[rows], 1)
    write_manifest(folder / "manifest.csv", frame)
    rng = np.random.default_rng(0)
    for path in folder.glob("*.npy"):
        array = np.load(path)
        array[rows] = 1e6 * rng.standard_normal(array[rows].shape)
        np.save(path, array)


def search(corpus: str, method: Method, root: Path, **changes: Any) -> pd.DataFrame:
    out = root / "tuning.csv"
    settings = paper_settings(**changes)
    families = [name for name, family in settings.families.items() if family.method == method]
    families = [name for name in families if not name.endswith("_deep")]
    tuning.tune(settings, corpus, method, families, root / corpus, out, 1)
    return pd.read_csv(out)


def test_candidates_are_all_combinations() -> None:
    found = list(tuning.candidates({"a": [1, 2], "b": ["x", "y"]}))
    assert found == [{"a": a, "b": b} for a in (1, 2) for b in ("x", "y")]
    assert list(tuning.candidates({})) == [{}]


@pytest.mark.parametrize("corpus", ["wikipedia", "nuswide10k"])
@pytest.mark.parametrize("method", ["cvh", "ours"])
def test_search_never_reads_the_test_part(corpus: str, method: Method, tmp_path: Path) -> None:
    write_corpus(tmp_path / corpus, corpus)
    clean = search(corpus, method, tmp_path)
    poison(tmp_path / corpus, "test")
    assert search(corpus, method, tmp_path).equals(clean)
    # The comparison can fail: garbage in the training part shows.
    poison(tmp_path / corpus, "train")
    assert not search(corpus, method, tmp_path).equals(clean)


@pytest.mark.parametrize("method", METHODS)
def test_training_reads_the_training_part_alone(method: Method, tmp_path: Path) -> None:
    folder = tmp_path / "nuswide10k"
    write_corpus(folder, "nuswide10k")
    search("nuswide10k", method, tmp_path)
    checkpoint = (
        tmp_path
        / "hashing/runs/nuswide10k"
        / ("semantic" if method == "semantic" else f"{method}_16")
    )

    def trained() -> bytes:
        out, choice = tmp_path / "hashing", tmp_path / "tuning.csv"
        train_runs(SETTINGS, "nuswide10k", "own", [method], [0], folder, choice, out, 1)
        return (checkpoint / "seed0" / "checkpoint.pt").read_bytes()

    clean = trained()
    poison(folder, "test", "validation")
    assert trained() == clean


@pytest.mark.parametrize("corpus", ["wikipedia", "nuswide10k"])
def test_search_scores_the_published_validation_part_or_a_held_out_share(
    corpus: str, tmp_path: Path
) -> None:
    write_corpus(tmp_path / corpus, corpus)
    found = search(corpus, "cvh", tmp_path)
    parts = load_parts(SETTINGS, corpus, "cvh", tmp_path / corpus)
    fitting, validation = parts.train, parts.validation
    if corpus == "wikipedia":
        fitting, validation = hold_out(parts.train, 0.2, seed=0)
    for row, extra_bits in zip(found.to_dict("records"), ["rotate", "repeat"], strict=True):
        chosen = SETTINGS.method_settings("cvh", extra_bits=extra_bits)
        network, _ = train("cvh", fitting, 32, chosen, 0)
        scores = mean_average_precision(network, validation, 32, "cosine")
        assert (row["family"], row["extra_bits"]) == ("cvh", extra_bits)
        assert {task: row[task] for task in scores} == pytest.approx(scores, rel=1e-9)
        assert row["map"] == pytest.approx(sum(scores.values()) / 2, rel=1e-9)


def test_search_chooses_the_best_of_each_family(tmp_path: Path) -> None:
    write_corpus(tmp_path / "wikipedia", "wikipedia")
    values = {"search": {"ours": {"epochs": [1, 12], "layers": [1, 0]}}}
    found = search("wikipedia", "ours", tmp_path, **values)
    assert list(found) == [
        *("family", "epochs", "layers", "image_to_text", "text_to_image", "map", "chosen")
    ]
    assert len(found) == 8
    for family in ("ours", "ours_separate"):
        rows = found[found["family"] == family]
        assert rows["map"].nunique() > 1
        best = rows[rows["chosen"] == 1]
        assert len(best) == 1
        assert best["map"].item() == rows["map"].max()
        choice = chosen_settings(tmp_path / "tuning.csv", family, ["epochs", "layers"])
        assert choice == {"epochs": best["epochs"].item(), "layers": best["layers"].item()}
        assert {type(value) for value in choice.values()} == {int}


def test_a_search_tries_nothing_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_corpus(tmp_path / "wikipedia", "wikipedia")
    values = {"search": {"ours": {"epochs": [1, 12], "layers": [1, 0]}}}
    whole = search("wikipedia", "ours", tmp_path, **values)
    shutil.rmtree(tmp_path / ".state")
    calls: list[int] = []

    def killed(*arguments: Any) -> Any:
        calls.append(1)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return train(*arguments)

    monkeypatch.setattr(tuning, "train", killed)
    with pytest.raises(KeyboardInterrupt):
        search("wikipedia", "ours", tmp_path, **values)
    assert search("wikipedia", "ours", tmp_path, **values).equals(whole)
    assert len(calls) == 8 + 1
    # Other data, other rows.
    poison(tmp_path / "wikipedia", "train")
    assert not search("wikipedia", "ours", tmp_path, **values).equals(whole)


@pytest.mark.parametrize(
    ("family", "names", "field"), [("dssah", ["epochs"], "dssah"), ("ours", ["hidden"], "hidden")]
)
def test_a_choice_that_was_not_searched_is_refused(
    family: str, names: list[str], field: str, tmp_path: Path
) -> None:
    path = tmp_path / "ours.csv"
    write_csv(path, pd.DataFrame({"family": ["ours"], "epochs": [3], "chosen": [1]}))
    with pytest.raises(InputError, match=rf"ours\.csv: {field}: holds no choice"):
        chosen_settings(path, family, names)


def test_runs_are_trained_with_the_choice_and_say_so(tmp_path: Path) -> None:
    folder, choice, out = tmp_path / "wikipedia", tmp_path / "cvh.csv", tmp_path / "hashing"
    write_corpus(folder, "wikipedia")
    table = {"family": ["cvh"] * 2, "extra_bits": ["rotate", "repeat"], "chosen": [0, 1]}
    write_csv(choice, pd.DataFrame(table))
    train_runs(SETTINGS, "wikipedia", "own", ["cvh"], [0, 3], folder, choice, out, 1)
    train_part = load_parts(SETTINGS, "wikipedia", "cvh", folder).train
    for bits in (16, 32, 64):
        for seed in (0, 3):
            run = out / "runs" / "wikipedia" / f"cvh_{bits}" / f"seed{seed}"
            content, record = load_checkpoint(run / "checkpoint.pt"), read_run(run)
            assert content["config"] == record["config"]
            assert content["config"]["settings"]["extra_bits"] == "repeat"
            assert (record["corpus"], record["source"]) == ("wikipedia", "own")
            assert (record["variant"], record["seed"]) == (f"cvh_{bits}", seed)
            files = [folder / "manifest.csv", folder / "image_bow.npy", folder / "text_lda.npy"]
            assert set(record["inputs"]) == {path.as_posix() for path in (*files, choice)}
            chosen = SETTINGS.method_settings("cvh", extra_bits="repeat")
            network, history = train("cvh", train_part, bits, chosen, seed)
            for name, value in network.state_dict().items():
                assert torch.equal(content["weights"][name], value)
            written = pd.read_csv(run / "history.csv")
            assert list(written) == list(history)
            assert written["correlation"].tolist() == pytest.approx(history["correlation"])
            assert set(written["bits_beyond_directions"]) == {bits - 4}
