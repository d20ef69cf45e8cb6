"""Topic proportions and tag indicators."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossmodal.errors import InputError
from crossmodal.features.text import frequent_words, lda, tags

WORDS = [
    "river mountain valley lake glacier".split(),  # noqa: SIM905
    "guitar melody concert singer album".split(),  # noqa: SIM905
]


def documents(count: int, seed: int) -> tuple[list[str], list[int]]:
    generator = np.random.default_rng(seed)
    topic = [index % 2 for index in range(count)]
    return [" ".join(generator.choice(WORDS[index], 20)) for index in topic], topic


def test_rows_sum_to_one_and_tell_the_topics_apart() -> None:
    texts, topic = documents(40, seed=0)
    train = np.arange(40) < 30
    shares = lda(texts, train, topics=2, seed=0)
    np.testing.assert_allclose(shares.sum(axis=1), 1, atol=1e-6)
    dominant = shares.argmax(axis=1)
    assert (dominant == topic).all() or (dominant != topic).all()


def test_training_rows_ignore_the_test_documents() -> None:
    texts, _ = documents(40, seed=0)
    train = np.arange(40) < 30
    others = [*texts[:30], *["unheard novelty"] * 10]
    first, second = (lda(given, train, topics=3, seed=1) for given in (texts, others))
    assert np.array_equal(first[train], second[train])
    assert not np.array_equal(first[~train], second[~train])


def test_the_seed_decides() -> None:
    texts, _ = documents(30, seed=2)
    train = np.ones(30, dtype=bool)
    first, again, other = (lda(texts, train, topics=4, seed=seed) for seed in (1, 1, 2))
    assert first.tobytes() == again.tobytes()
    assert first.tobytes() != other.tobytes()


def test_a_document_without_known_words_gets_the_prior() -> None:
    texts, _ = documents(20, seed=0)
    shares = lda([*texts, ""], np.arange(21) < 20, topics=5, seed=0)
    np.testing.assert_allclose(shares[-1], 0.2, atol=1e-6)


def test_frequent_words_are_in_two_texts_to_half_of_them() -> None:
    texts = ["a dog and the ball", "Dog, cat and ball", "cat once", "an odd dog", "grass", "sky"]
    found = frequent_words(texts)
    expected = [[1, 0, 1], [1, 1, 1], [0, 1, 0], [0, 0, 1], [0, 0, 0], [0, 0, 0]]
    assert found.tolist() == expected  # ball, cat, dog
    with pytest.raises(InputError, match="no words can be learned"):
        frequent_words(["", ""])


def test_texts_without_a_common_word() -> None:
    with pytest.raises(InputError, match="no topics can be learned"):
        lda(["river", "guitar"], np.array([True, True]))


@given(st.lists(st.lists(st.sampled_from("abcdef"), max_size=6), min_size=1, max_size=5))
def test_tags_mark_what_is_carried(tag_lists: list[list[str]]) -> None:
    matrix = tags(tag_lists, "abcd")
    for row, given_tags in zip(matrix, tag_lists, strict=True):
        assert {"abcd"[index] for index in np.flatnonzero(row)} == set(given_tags) & set("abcd")
    assert set(np.unique(matrix)) <= {0, 1}
