"""Pairs: who is matched with whom, and that nothing stands on two sides."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from fixture_facevoice import (
    CORPUS,
    EACH,
    PEOPLE,
    model_settings,
    pair_settings,
    paper_settings,
    write_windows,
)
from hypothesis import given
from hypothesis import strategies as st

from crossmodal.alignment.windows import held_frames
from crossmodal.errors import InputError
from crossmodal.papers.facevoice.data import NOBODY, at_steps, draw, draw_split, load_windows


@given(
    st.lists(st.integers(0, 3), min_size=2, max_size=25).filter(lambda who: len(set(who)) > 1),
    st.integers(2, 120),
    st.integers(0, 3),
    st.sampled_from(["window", "person"]),
    st.booleans(),
)
def test_pairs_are_what_they_say(
    who: list[int], pairs: int, seed: int, matched: str, again: bool
) -> None:
    person = np.array([9, *who, 9])  # rows of another part lie around this one
    windows = np.arange(1, len(who) + 1)
    triplets = draw(windows, person, pairs, seed, matched, with_replacement=again)  # type: ignore[arg-type]
    assert len(triplets) == (pairs // 2 if again else min(pairs // 2, len(who)))
    assert (person[triplets.face] == person[triplets.voice]).all()
    assert (person[triplets.face] != person[triplets.negative]).all()
    used = np.unique(np.concatenate([triplets.face, triplets.voice, triplets.negative]))
    assert np.isin(used, windows).all()
    uses = np.unique(triplets.face, return_counts=True)[1]
    assert uses.max() - uses.min() <= 1  # every window before one is used again
    if matched == "window":
        assert (triplets.face == triplets.voice).all()
    face, voice, match = triplets.pairs()
    assert ((person[face] == person[voice]) == match).all()
    assert match.sum() == (~match).sum()


def test_one_person_alone_makes_no_pairs() -> None:
    with pytest.raises(InputError, match="fewer than two people"):
        draw(np.arange(4), np.zeros(4, np.int64), 8, 0)


@pytest.mark.parametrize("split", ["episode", "random"])
def test_no_window_pair_or_episode_stands_in_two_parts(tmp_path: Path, split: str) -> None:
    frame = write_windows(tmp_path)
    settings = model_settings(split=split)
    windows = load_windows(settings, tmp_path)
    parts = draw_split(windows, settings, pair_settings(200))
    used = [
        set(np.concatenate([part.face, part.voice, part.negative]).tolist())
        for part in (parts.train, parts.validation, parts.test)
    ]
    for place, first in enumerate(used):
        for second in used[place + 1 :]:
            assert not first & second
            if split == "episode":
                episodes = [set(frame["source"].iloc[list(side)]) for side in (first, second)]
                assert not episodes[0] & episodes[1]
    # The paper's split is the one that leaks: episodes stand on both sides.
    if split == "random":
        assert set(frame["source"].iloc[list(used[0])]) & set(frame["source"].iloc[list(used[2])])


def test_people_kept_for_the_test_are_nowhere_else(tmp_path: Path) -> None:
    write_windows(tmp_path)
    settings = model_settings(unseen_people=2)
    windows = load_windows(settings, tmp_path)
    assert windows.people == list(PEOPLE[:3])
    parts = draw_split(windows, settings, pair_settings(200))
    kept = set(PEOPLE[3:])
    for part, unseen in ((parts.train, False), (parts.validation, False), (parts.test, True)):
        rows = np.concatenate([part.face, part.voice, part.negative])
        assert set(windows.names[rows]) == (kept if unseen else set(PEOPLE[:3]))
        assert ((windows.person.numpy()[rows] == NOBODY) == unseen).all()
    assert len(parts.test) == 2 * EACH * 5
    with pytest.raises(InputError, match="1 people are left"):
        load_windows(model_settings(unseen_people=4), tmp_path)


def test_test_pairs_are_the_same_in_every_variant_of_one_split(tmp_path: Path) -> None:
    write_windows(tmp_path)
    settings = paper_settings()
    tests = []
    for variant in ("ours", "graph_cut", "no_common_layer", "same_window"):
        resolved = settings.resolved(variant)
        windows = load_windows(resolved, tmp_path)
        tests.append(draw_split(windows, resolved, settings.pairs).test)
    for other in tests[1:]:
        assert (other.face == tests[0].face).all()
        assert (other.negative == tests[0].negative).all()


def test_steps_hold_frames_and_average_parts() -> None:
    random = np.random.default_rng(0)
    face = random.normal(size=(2, 5, 13)).astype(np.float32)
    held = face[..., held_frames()]
    assert at_steps(face, 49).numpy() == pytest.approx(held.reshape(2, -1))
    four = at_steps(face, 4).numpy().reshape(2, 5, 4)
    edges = [0, 13, 25, 37, 49]
    for step in range(4):
        part = held[..., edges[step] : edges[step + 1]].mean(axis=-1)
        assert four[..., step] == pytest.approx(part, abs=1e-6)
    assert at_steps(face, 1).numpy() == pytest.approx(held.mean(axis=-1), abs=1e-6)


def test_rows_without_a_person_are_named(tmp_path: Path) -> None:
    frame = write_windows(tmp_path)
    frame.loc[3, "person"] = ""
    frame.to_csv(tmp_path / "manifest.csv", index=False)
    with pytest.raises(InputError, match=r"manifest\.csv.*person"):
        load_windows(model_settings(), tmp_path)
    assert CORPUS in paper_settings().corpora
