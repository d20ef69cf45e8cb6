from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from fixture_benchmark import RATE_HZ, budget, task, write_things

from crossmodal.benchmark.data import _copies, load_task
from crossmodal.benchmark.inputs import BANDS, Pictures, Sounds
from crossmodal.benchmark.vectors import fit_basis
from crossmodal.errors import InputError

BUDGET = budget(copies=3, vectors=12)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_things(tmp_path_factory.mktemp("things"))


def test_parts_have_the_shapes_of_the_task(folder: Path) -> None:
    data = load_task(task(), folder, BUDGET, 0)
    assert (data.originals, len(data.train)) == (36, 108)
    assert data.train.picture.shape == (108, 1, 16, 16)
    assert data.train.sound.shape == (108, 1, BANDS, 16)
    assert data.test.picture_vector.shape == (15, 12)
    assert data.answers == ["a", "b", "c"]
    assert data.test.answer.tolist() == [0, 1, 2] * 5
    assert float(data.train.picture_vector[:36].var()) == pytest.approx(1, abs=0.05)


def test_copies_are_changed_and_classes_shared_out_anew(folder: Path) -> None:
    data = load_task(task(), folder, BUDGET, 0)
    plain = load_task(task(), folder, budget(copies=1, vectors=12), 0)
    first, second = data.train.take(torch.arange(36)), data.train.take(torch.arange(36, 72))
    torch.testing.assert_close(first.sound, plain.train.sound, rtol=0, atol=0)
    torch.testing.assert_close(first.picture, plain.train.picture, rtol=0, atol=0)
    assert first.answer.equal(second.answer)
    assert (first.picture - second.picture).abs().mean() > 0.01
    # A copy's sound is that of another row of its class: nearest to it among all first ones.
    gaps = torch.cdist(second.sound.flatten(1), first.sound.flatten(1))
    assert first.answer[gaps.argmin(dim=1)].equal(second.answer)
    assert not gaps.argmin(dim=1).equal(torch.arange(36))


def test_unique_pairs_stay_together_and_classes_are_shared_out(folder: Path) -> None:
    train, number = torch.arange(3, 15), torch.arange(20) % 3
    generator = torch.Generator().manual_seed(0)
    pictures, sounds = _copies(train, number, True, 3, generator)
    assert pictures.equal(sounds)
    pictures, sounds = _copies(train, number, False, 3, generator)
    assert number[pictures].equal(number[sounds])
    assert not pictures.equal(sounds)
    for copy in sounds.reshape(3, 12):
        assert copy.sort().values.equal(train)
    data = load_task(task(answer="pair", unique=True), folder, BUDGET, 0)
    assert len(set(data.test.answer.tolist())) == 15


def test_test_rows_do_not_change_what_is_learned_from(folder: Path, tmp_path: Path) -> None:
    other = write_things(tmp_path)
    pictures = np.load(other / "pictures.npy")
    pictures[-15:] = 255
    np.save(other / "pictures.npy", pictures)
    left, right = (load_task(task(), place, BUDGET, 0) for place in (folder, other))
    assert left.train.picture_vector.equal(right.train.picture_vector)
    assert not left.test.picture_vector.equal(right.test.picture_vector)


def test_a_fifth_is_held_out_where_there_is_no_validation_part(tmp_path: Path) -> None:
    write_things(tmp_path)
    manifest = pd.read_csv(tmp_path / "manifest.csv", dtype=str, keep_default_na=False)
    manifest.loc[manifest["split"] == "validation", "split"] = "train"
    manifest.to_csv(tmp_path / "manifest.csv", index=False)
    data = load_task(task(), tmp_path, BUDGET, 0)
    assert (data.originals, len(data.validation)) == (48 - 9, 9)
    assert torch.bincount(data.validation.answer).tolist() == [3, 3, 3]


def test_at_most_so_many_test_rows_are_used(folder: Path) -> None:
    data = load_task(task(), folder, budget(vectors=12, most=7), 0)
    assert len(data.test) == 7


def test_more_rows_than_a_network_may_see_are_thinned_evenly(folder: Path) -> None:
    data = load_task(task(), folder, budget(vectors=6, seen=24, copies=2), 0)
    assert (data.originals, len(data.train)) == (12, 24)
    assert torch.bincount(data.train.answer).tolist() == [8, 8, 8]


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"split": "split_speaker"}, "split_speaker"), ({"answer": "person"}, "person")],
)
def test_a_column_that_is_missing_or_empty_is_named(
    folder: Path, changes: dict[str, str], field: str
) -> None:
    with pytest.raises(InputError, match=field):
        load_task(task(**changes), folder, BUDGET, 0)


def test_a_part_of_one_answer_is_refused(tmp_path: Path) -> None:
    write_things(tmp_path)
    manifest = pd.read_csv(tmp_path / "manifest.csv", dtype=str, keep_default_na=False)
    manifest.loc[(manifest["split"] == "test") & (manifest["label"] != "a"), "split"] = "train"
    manifest.to_csv(tmp_path / "manifest.csv", index=False)
    with pytest.raises(InputError, match="'test' has fewer than two answers"):
        load_task(task(), tmp_path, BUDGET, 0)


def test_waves_need_their_rate(tmp_path: Path) -> None:
    write_things(tmp_path)
    (tmp_path / "waves.json").write_text('{"settings": {}}', encoding="utf-8")
    with pytest.raises(InputError, match="rate_hz"):
        load_task(task(), tmp_path, BUDGET, 0)


def sound_of(waves: np.ndarray, samples: list[int]) -> torch.Tensor:
    rows = torch.arange(len(waves))
    source = Sounds(waves, np.array(samples), RATE_HZ, 16)
    return source.make(rows, torch.zeros(len(waves), dtype=torch.bool))


def test_neither_level_nor_what_follows_the_sound_matters() -> None:
    random = np.random.default_rng(0)
    tone = 4000 * np.sin(np.arange(3000) * np.linspace(0.2, 1.5, 3000))
    waves = np.zeros((3, 4000), np.int16)
    waves[0, :3000] = tone
    waves[1, :3000] = tone / 2
    waves[2, :3000] = tone
    waves[2, 3600:] = 9000 * random.standard_normal(400)
    found = sound_of(waves, [3000, 3000, 3000])
    torch.testing.assert_close(found[0], found[1], rtol=0, atol=0.02)
    torch.testing.assert_close(found[0], found[2], rtol=0, atol=1e-5)
    torch.testing.assert_close(found.mean(dim=3), torch.zeros(3, 1, BANDS), rtol=0, atol=1e-5)
    assert -1 <= float(found.min()) < -0.1 < 0.1 < float(found.max()) <= 1


def test_pictures_of_any_kind_come_to_one_size() -> None:
    random = np.random.default_rng(0)
    none = torch.zeros(2, dtype=torch.bool)
    rows = torch.arange(2)
    for shape, channels in (((2, 28, 28), 1), ((2, 64, 64, 3), 3), ((2, 4, 64, 64, 3), 3)):
        array = random.integers(0, 256, shape, dtype=np.uint8)
        made = Pictures(array, (32, 32)).make(rows, none)
        assert made.shape == (2, channels, 32, 32)
        assert -1 <= float(made.min()) < 0 < float(made.max()) <= 1
    grey = np.full((2, 32, 32), 51, np.uint8)
    torch.testing.assert_close(
        Pictures(grey, (32, 32)).make(rows, none), torch.full((2, 1, 32, 32), -0.6)
    )
    with pytest.raises(InputError, match="dimensions"):
        Pictures(np.zeros((2, 5), np.uint8), (32, 32))


def test_vectors_keep_distances_and_lead_back() -> None:
    generator = torch.Generator().manual_seed(0)
    items = torch.randn(40, 2, 3, generator=generator) * torch.arange(1, 7).reshape(2, 3)
    basis = fit_basis(items, 40, 6)
    vectors = basis.project(items)
    assert vectors.shape == (40, 6)
    torch.testing.assert_close(basis.rebuild(vectors), items, rtol=0, atol=1e-4)
    gaps = torch.pdist(vectors) * basis.scale
    torch.testing.assert_close(gaps, torch.pdist(items.flatten(1)), rtol=1e-3, atol=1e-3)
    # Turned at random, no value has a variance that is next to nothing.
    assert float(vectors.var(dim=0).min()) > 0.15
    assert fit_basis(items, 40, 99).axes.shape == (6, 6)
