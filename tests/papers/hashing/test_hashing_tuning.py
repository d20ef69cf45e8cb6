from __future__ import annotations

import shutil
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from fixture_hashing import METHODS, paper_settings, workspace, write_corpus

from crossmodal.corpora.manifest import read_manifest, write_manifest
from crossmodal.errors import InputError
from crossmodal.files import sha256_of
from crossmodal.jobs import Search, SearchJob
from crossmodal.papers import stages
from crossmodal.papers.hashing import tune as tuning
from crossmodal.papers.hashing.data import hold_out, load_split
from crossmodal.papers.hashing.evaluate import mean_average_precision
from crossmodal.papers.hashing.train import fit
from crossmodal.papers.search import read_chosen
from crossmodal.resume import stamp_of
from crossmodal.runs import Run, load_checkpoint, read_run, write_csv
from crossmodal.training import update

CPU = torch.device("cpu")
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


def search(corpus: str, method: str, root: Path, **changes: Any) -> pd.DataFrame:
    """Search without the deep features; `tmp_path/<corpus>` holds the corpus."""
    settings = paper_settings(**changes)
    variants = [name for name, variant in settings.variants.items() if variant.method == method]
    variants = [name for name in variants if not name.endswith("_deep")]
    stamp = stamp_of(files={p.name: sha256_of(p) for p in sorted((root / corpus).iterdir())})
    tried = Search(root / ".state" / "search.json", stamp, CPU)
    job = SearchJob(settings, corpus, method, variants, root / corpus, CPU, tried)
    write_csv(root / "tuning.csv", tuning.tune(job))
    return pd.read_csv(root / "tuning.csv")


def test_candidates_are_all_combinations() -> None:
    found = list(tuning.candidates({"a": [1, 2], "b": ["x", "y"]}))
    assert found == [{"a": a, "b": b} for a in (1, 2) for b in ("x", "y")]
    assert list(tuning.candidates({})) == [{}]


@pytest.mark.parametrize("corpus", ["wikipedia", "nuswide10k"])
@pytest.mark.parametrize("method", ["cvh", "ours"])
def test_search_never_reads_the_test_part(corpus: str, method: str, tmp_path: Path) -> None:
    write_corpus(tmp_path / corpus, corpus)
    clean = search(corpus, method, tmp_path)
    poison(tmp_path / corpus, "test")
    assert search(corpus, method, tmp_path).equals(clean)
    # The comparison can fail: garbage in the training part shows.
    poison(tmp_path / corpus, "train")
    assert not search(corpus, method, tmp_path).equals(clean)


@pytest.mark.parametrize("method", METHODS)
def test_training_reads_the_training_part_alone(method: str, tmp_path: Path) -> None:
    edition = workspace(tmp_path, [0])
    folder = edition.results.corpus("nuswide10k")
    write_corpus(folder, "nuswide10k")
    stages.tune(edition, "hashing", "nuswide10k", method, 1)

    def trained() -> bytes:
        stages.train(edition, "hashing", "nuswide10k", method, 0, 1)
        run = edition.results.paper("hashing").run(Run("nuswide10k", method, 0))
        return (run / "checkpoint.pt").read_bytes()

    clean = trained()
    poison(folder, "test", "validation")
    assert trained() == clean


@pytest.mark.parametrize("corpus", ["wikipedia", "nuswide10k"])
def test_search_scores_the_published_validation_part_or_a_held_out_share(
    corpus: str, tmp_path: Path
) -> None:
    write_corpus(tmp_path / corpus, corpus)
    found = search(corpus, "cvh", tmp_path)
    parts = load_split(SETTINGS, corpus, "cvh", tmp_path / corpus)
    fitting, validation = parts.train, parts.validation
    if corpus == "wikipedia":
        fitting, validation = hold_out(parts.train, 0.2, seed=0)
    for row, extra_bits in zip(found.to_dict("records"), ["rotate", "repeat"], strict=True):
        chosen = SETTINGS.method_settings("cvh", extra_bits=extra_bits)
        network, _ = fit("cvh", fitting, 32, chosen, 0)
        scores = mean_average_precision(network, validation, 32, "cosine")
        assert (row["variant"], row["extra_bits"]) == ("cvh", extra_bits)
        assert {task: row[task] for task in scores} == pytest.approx(scores, rel=1e-9)
        assert row["map"] == pytest.approx(sum(scores.values()) / 2, rel=1e-9)


def test_search_chooses_the_best_of_each_variant(tmp_path: Path) -> None:
    write_corpus(tmp_path / "wikipedia", "wikipedia")
    values = {"search": {"ours": {"epochs": [1, 12], "layers": [1, 0]}}}
    found = search("wikipedia", "ours", tmp_path, **values)
    assert list(found) == [
        *("variant", "epochs", "layers", "image_to_text", "text_to_image", "map", "chosen")
    ]
    assert len(found) == 8
    for variant in ("ours", "ours_separate"):
        rows = found[found["variant"] == variant]
        assert rows["map"].nunique() > 1
        best = rows[rows["chosen"] == 1]
        assert len(best) == 1
        assert best["map"].item() == rows["map"].max()
        choice = read_chosen(tmp_path / "tuning.csv", variant, ["epochs", "layers"])
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
        return fit(*arguments)

    monkeypatch.setattr(tuning, "fit", killed)
    with pytest.raises(KeyboardInterrupt):
        search("wikipedia", "ours", tmp_path, **values)
    assert search("wikipedia", "ours", tmp_path, **values).equals(whole)
    assert len(calls) == 8 + 1
    # Other data, other rows.
    poison(tmp_path / "wikipedia", "train")
    assert not search("wikipedia", "ours", tmp_path, **values).equals(whole)


@pytest.mark.parametrize(
    ("variant", "names", "field"), [("dssah", ["epochs"], "dssah"), ("ours", ["hidden"], "hidden")]
)
def test_a_choice_that_was_not_searched_is_refused(
    variant: str, names: list[str], field: str, tmp_path: Path
) -> None:
    path = tmp_path / "ours.csv"
    write_csv(path, pd.DataFrame({"variant": ["ours"], "epochs": [3], "chosen": [1]}))
    with pytest.raises(InputError, match=rf"ours\.csv: {field}: holds no choice"):
        read_chosen(path, variant, names)


def test_several_choices_are_refused(tmp_path: Path) -> None:
    table = {"variant": ["ours", "ours"], "epochs": [3, 4], "chosen": [1, 1]}
    write_csv(tmp_path / "ours.csv", pd.DataFrame(table))
    with pytest.raises(InputError, match="holds 2 choices for this variant"):
        read_chosen(tmp_path / "ours.csv", "ours", ["epochs"])
    with pytest.raises(InputError, match=r"none\.csv: .*Delete it and run the workflow again"):
        read_chosen(tmp_path / "none.csv", "ours", ["epochs"])


def test_a_run_trains_all_codes_with_the_choice_and_says_so(tmp_path: Path) -> None:
    edition = workspace(tmp_path, [3], search={"cvh": {"extra_bits": ["rotate", "repeat"]}})
    folder, paper = edition.results.corpus("wikipedia"), edition.results.paper("hashing")
    choice = paper.search("wikipedia", "cvh")
    write_corpus(folder, "wikipedia")
    table = {"variant": ["cvh"] * 2, "extra_bits": ["rotate", "repeat"], "chosen": [0, 1]}
    write_csv(choice, pd.DataFrame({**table, "regularisation": 0.01}))
    stages.train(edition, "hashing", "wikipedia", "cvh", 3, 1)

    run = paper.run(Run("wikipedia", "cvh", 3))
    content, record = load_checkpoint(run / "checkpoint.pt"), read_run(run)
    assert content["config"] == record["config"]
    assert content["config"]["settings"]["extra_bits"] == "repeat"
    assert (record["corpus"], record["source"]) == ("wikipedia", "synthetic")
    assert (record["variant"], record["seed"]) == ("cvh", 3)
    files = [folder / "manifest.csv", folder / "image_bow.npy", folder / "text_lda.npy"]
    assert set(record["inputs"]) == {path.as_posix() for path in (*files, choice)}
    settings = edition.paper_settings("hashing")
    chosen = settings.method_settings("cvh", extra_bits="repeat", regularisation=0.01)
    pairs = load_split(settings, "wikipedia", "cvh", folder).train
    written = pd.read_csv(run / "history.csv")
    for bits in (16, 32, 64):
        network, history = fit("cvh", pairs, bits, chosen, 3)
        for name, value in network.state_dict().items():
            assert torch.equal(content["weights"][f"{bits}.{name}"], value)
        rows = written[written["code"] == bits]
        assert list(rows) == [*history, "code"]
        assert rows["correlation"].tolist() == pytest.approx(history["correlation"].tolist())
        assert set(rows["bits_beyond_directions"]) == {bits - 4}


@pytest.mark.parametrize("steps", [1, 4, 8])
def test_a_killed_run_goes_on_at_its_code_and_ends_in_the_same_bytes(
    steps: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CROSSMODAL_SAVE_EVERY_S", "0")
    edition = workspace(tmp_path, [0], search={"ours": {"epochs": [1]}})
    write_corpus(edition.results.corpus("wikipedia"), "wikipedia")
    paper = edition.results.paper("hashing")
    checkpoint = paper.run(Run("wikipedia", "ours", 0)) / "checkpoint.pt"
    stages.tune(edition, "hashing", "wikipedia", "ours", 1)
    stages.train(edition, "hashing", "wikipedia", "ours", 0, 1)
    whole = checkpoint.read_bytes()
    for path in (checkpoint.parent, paper.state(Run("wikipedia", "ours", 0))):
        shutil.rmtree(path)
    done: list[int] = []

    def counted(*arguments: Any, limit: int = 99) -> None:
        if len(done) == limit:
            raise KeyboardInterrupt
        done.append(1)
        update(*arguments)

    name = "crossmodal.papers.hashing.train.update"
    with monkeypatch.context() as patch:
        patch.setattr(name, partial(counted, limit=steps))
        with pytest.raises(KeyboardInterrupt):
            stages.train(edition, "hashing", "wikipedia", "ours", 0, 1)
    monkeypatch.setattr(name, counted)
    stages.train(edition, "hashing", "wikipedia", "ours", 0, 1)
    assert checkpoint.read_bytes() == whole
    assert len(done) == 3 * 3  # three batches of 36 pairs for each of three code lengths
