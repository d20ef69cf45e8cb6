from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from fixture_captions import CAPTIONS, SPLITS, learnable_pairs, write_corpus
from hypothesis import given
from hypothesis import strategies as st

from crossmodal.errors import InputError
from crossmodal.papers.captions.data import batches, caption_statistics, in_rounds, load_pairs


@given(st.lists(st.integers(0, 5), min_size=1, max_size=40), st.integers(2, 7))
def test_an_epoch_has_every_caption_once_and_no_batch_an_image_twice(
    images: list[int], size: int
) -> None:
    image = torch.tensor(images)
    rounds = in_rounds(image)
    assert sorted(torch.cat(rounds).tolist()) == list(range(len(images)))
    found = list(batches(image, size))
    for rows in (*rounds, *found):
        assert len(set(image[rows].tolist())) == len(rows)
    assert all(1 < len(rows) <= 1.5 * size + 1 for rows in found)
    left_out = set(range(len(images))) - {row for rows in found for row in rows.tolist()}
    assert len(left_out) == sum(len(rows) for rows in rounds if len(rows) == 1)


def test_epochs_differ() -> None:
    torch.manual_seed(0)
    image = torch.arange(20)
    first, second = (torch.cat(list(batches(image, 5))).tolist() for _ in range(2))
    assert first != second


def test_captions_are_loaded_with_their_images_and_true_lengths(tmp_path: Path) -> None:
    manifest = write_corpus(tmp_path / "windows", tmp_path / "corpus")
    bands = np.load(tmp_path / "windows" / "caption.npy")
    deep = np.load(tmp_path / "windows" / "image_deep.npy")
    for split, images in SPLITS.items():
        pairs = load_pairs(tmp_path / "windows", split)
        assert len(pairs) == CAPTIONS * images
        assert len(pairs.features) == images
        rows = np.flatnonzero(manifest["split"] == split)
        assert pairs.rows["clip"].tolist() == manifest["clip"].iloc[rows].tolist()
        every = torch.arange(len(pairs))
        np.testing.assert_array_equal(pairs.images(every).numpy(), deep[rows])
        true = 1 + manifest["samples"].iloc[rows].astype(int).to_numpy() // 160
        assert pairs.lengths.tolist() == true.tolist()
        found, lengths = pairs.captions(every)
        np.testing.assert_array_equal(found.numpy(), bands[rows, :, : max(true)])
        assert pairs.cut(30).captions(every)[0].shape[2] == 30
        assert int(pairs.cut(30).lengths.max()) == 30
        assert lengths.dtype == torch.int64


def test_statistics_are_of_true_frames() -> None:
    pairs = learnable_pairs()
    frames = torch.cat(
        [pairs.bands[row, :, :length].double() for row, length in enumerate(pairs.lengths)], dim=1
    )
    mean, deviation = caption_statistics(pairs)
    torch.testing.assert_close(mean.double(), frames.mean(1), atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(deviation.double(), frames.std(1, correction=0), rtol=1e-5, atol=0)


@pytest.mark.parametrize("column", ["samples", "image"])
def test_windows_of_another_kind_are_refused(tmp_path: Path, column: str) -> None:
    write_corpus(tmp_path / "windows", tmp_path / "corpus")
    path = tmp_path / "windows" / "manifest.csv"
    path.write_text(path.read_text().replace(f",{column}", ",other", 1))
    with pytest.raises(InputError, match=f"{column}: the column is missing"):
        load_pairs(tmp_path / "windows", "train")


def test_a_split_without_images_is_refused(tmp_path: Path) -> None:
    write_corpus(tmp_path / "windows", tmp_path / "corpus")
    path = tmp_path / "windows" / "manifest.csv"
    path.write_text(path.read_text().replace(",validation,", ",train,"))
    with pytest.raises(InputError, match="has 0 images in split 'validation'"):
        load_pairs(tmp_path / "windows", "validation")
