from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from fixture_hashing import SPLITS, paper_settings, write_corpus

from crossmodal.corpora.manifest import read_manifest, write_manifest
from crossmodal.errors import InputError
from crossmodal.papers.hashing.data import Pairs, hold_out, load_split

SETTINGS = paper_settings()


def relabel(folder: Path, split: str, label: str) -> None:
    """Give the first row of a split another class."""
    frame = read_manifest(folder / "manifest.csv")
    frame.loc[frame.index[frame["split"] == split][0], "label"] = label
    write_manifest(folder / "manifest.csv", frame)


@pytest.mark.parametrize("corpus", ["wikipedia", "nuswide10k"])
def test_splits_are_the_rows_of_the_manifest(corpus: str, tmp_path: Path) -> None:
    manifest = write_corpus(tmp_path, corpus)
    parts = load_split(SETTINGS, corpus, "ours", tmp_path)
    assert parts.queries == list(manifest["clip"][manifest["split"] == "test"])
    text = "text_lda" if corpus == "wikipedia" else "text_tags"
    for name in ("train", "validation", "test"):
        part = getattr(parts, name)
        rows = np.flatnonzero(manifest["split"] == name)
        assert len(part) == SPLITS[corpus].get(name, 0)
        assert part.image.dtype == torch.float32
        assert np.array_equal(part.image.numpy(), np.load(tmp_path / "image_bow.npy")[rows])
        assert np.array_equal(part.text.numpy(), np.load(tmp_path / f"{text}.npy")[rows])
        found = [part.classes[label] for label in part.label]
        assert found == list(manifest["label"].iloc[rows])


def test_a_variant_may_read_another_image_feature(tmp_path: Path) -> None:
    write_corpus(tmp_path, "wikipedia")
    chosen = SETTINGS.variant_features("wikipedia", "ours_deep")
    assert (chosen.image, chosen.text) == ("image_deep", "text_lda")
    assert load_split(SETTINGS, "wikipedia", "ours_deep", tmp_path).train.image.shape[1] == 12
    assert load_split(SETTINGS, "wikipedia", "ours", tmp_path).train.image.shape[1] == 9


@pytest.mark.parametrize("split", ["test", "validation"])
def test_a_class_that_is_never_trained_is_refused(split: str, tmp_path: Path) -> None:
    write_corpus(tmp_path, "nuswide10k")
    relabel(tmp_path, split, "warfare")
    with pytest.raises(InputError, match=r"manifest\.csv: label: class 'warfare' never occurs"):
        load_split(SETTINGS, "nuswide10k", "ours", tmp_path)


def test_a_class_of_the_training_part_alone_is_fine(tmp_path: Path) -> None:
    write_corpus(tmp_path, "wikipedia")
    relabel(tmp_path, "train", "aardvarks")
    parts = load_split(SETTINGS, "wikipedia", "ours", tmp_path)
    assert parts.test.classes == ["aardvarks", "art", "biology", "history"]
    assert 0 not in parts.test.label


def test_a_missing_feature_is_named(tmp_path: Path) -> None:
    write_corpus(tmp_path, "wikipedia")
    (tmp_path / "text_lda.npy").unlink()
    with pytest.raises(InputError, match=r"text_lda\.npy: there is no such feature"):
        load_split(SETTINGS, "wikipedia", "ours", tmp_path)


def test_a_feature_of_another_manifest_is_refused(tmp_path: Path) -> None:
    frame = write_corpus(tmp_path, "wikipedia")
    write_manifest(tmp_path / "manifest.csv", frame.iloc[:-1])
    with pytest.raises(InputError, match="51 rows for a manifest of 50"):
        load_split(SETTINGS, "wikipedia", "ours", tmp_path)


def test_a_corpus_without_features_set_is_refused() -> None:
    with pytest.raises(InputError, match="no features are set for corpus 'flickr'"):
        SETTINGS.variant_features("flickr", "ours")


@pytest.mark.parametrize("split", ["train", "test"])
def test_a_part_with_fewer_than_two_pairs_is_refused(split: str, tmp_path: Path) -> None:
    frame = write_corpus(tmp_path, "wikipedia")
    rows = np.flatnonzero(frame["split"] == split)[1:]
    frame.loc[rows, "split"] = "validation"
    frame["label"] = "art"
    write_manifest(tmp_path / "manifest.csv", frame)
    with pytest.raises(InputError, match=f"has 1 pairs in split '{split}'"):
        load_split(SETTINGS, "wikipedia", "ours", tmp_path)


def numbered_pairs(sizes: list[int], seed: int = 0) -> Pairs:
    """Return pairs whose features are their row numbers, classes in random order."""
    label = np.random.default_rng(seed).permutation(np.repeat(range(len(sizes)), sizes))
    row = torch.arange(len(label), dtype=torch.float32)[:, None]
    return Pairs(row, -row, torch.from_numpy(label), [f"class{i}" for i in range(len(sizes))])


@pytest.mark.parametrize("share", [0.1, 0.2, 0.5])
def test_hold_out_is_stratified_and_disjoint(share: float) -> None:
    sizes = [40, 25, 10, 3]
    pairs = numbered_pairs(sizes)
    fitting, held = hold_out(pairs, share, seed=5)
    rows = [part.image[:, 0].int().tolist() for part in (fitting, held)]
    assert sorted(rows[0] + rows[1]) == list(range(sum(sizes)))
    assert rows == [sorted(part) for part in rows]
    for label, size in enumerate(sizes):
        assert int((held.label == label).sum()) == max(1, round(share * size))
    for part in (fitting, held):
        assert torch.equal(part.text, -part.image)
        assert torch.equal(part.label, pairs.label[part.image[:, 0].long()])


def test_hold_out_depends_on_its_seed_alone() -> None:
    pairs = numbered_pairs([30, 30])
    first, again, other = (hold_out(pairs, 0.2, seed=seed)[1].image for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
