from __future__ import annotations

from typing import Any

import faiss
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from crossmodal.metrics import hamming


def random_bits(seed: int, count: int, bits: int) -> NDArray[np.bool_]:
    return np.random.default_rng(seed).random((count, bits)) < 0.5


def naive_distances(queries: NDArray[Any], database: NDArray[Any]) -> NDArray[Any]:
    return np.array([[int((q != d).sum()) for d in database] for q in queries])


@given(st.integers(0, 2**32), st.integers(1, 320))
@settings(deadline=None, derandomize=True)
def test_distances_are_the_number_of_differing_bits(seed: int, bits: int) -> None:
    queries, database = random_bits(seed, 3, bits), random_bits(seed + 1, 7, bits)
    found = hamming.distances(hamming.pack(queries), hamming.pack(database))
    assert found.dtype == (np.uint8 if bits <= 192 else np.uint16)
    np.testing.assert_array_equal(found, naive_distances(queries, database))


def test_the_largest_distance_does_not_wrap() -> None:
    for bits in (192, 255, 256, 257, 1024):
        ones, zeros = np.ones((1, bits), bool), np.zeros((1, bits), bool)
        assert hamming.distances(hamming.pack(ones), hamming.pack(zeros)).tolist() == [[bits]]


def test_pack_places_bit_j_in_word_j_div_64() -> None:
    bits = np.zeros((2, 70), bool)
    bits[0, [0, 63]] = True
    bits[1, 65] = True
    assert hamming.pack(bits).tolist() == [[1 + (1 << 63), 0], [0, 2]]


@pytest.mark.parametrize("bits", [64, 128])
def test_nearest_agrees_with_faiss(bits: int) -> None:
    queries = hamming.pack(random_bits(0, 20, bits))
    database = hamming.pack(random_bits(1, 3000, bits))
    index = faiss.IndexBinaryFlat(bits)
    index.add(database.view(np.uint8))
    expected, labels = index.search(queries.view(np.uint8), 50)
    found, indices = hamming.nearest(queries, database, 50)
    np.testing.assert_array_equal(found, expected)
    full = hamming.distances(queries, database)
    np.testing.assert_array_equal(np.take_along_axis(full, indices, axis=1), found)
    # faiss leaves the order of ties open, so the sets agree where the last radius has no tie.
    closer = expected < expected[:, -1:]
    for row, ours, theirs in zip(closer, indices, labels, strict=True):
        assert set(ours[row]) == set(theirs[row])


@given(st.integers(0, 2**32), st.integers(1, 6), st.integers(1, 12), st.data())
@settings(deadline=None, derandomize=True)
def test_nearest_orders_ties_by_index(seed: int, bits: int, count: int, data: Any) -> None:
    neighbours = data.draw(st.integers(1, count))
    queries, database = random_bits(seed, 4, bits), random_bits(seed + 1, count, bits)
    found, indices = hamming.nearest(hamming.pack(queries), hamming.pack(database), neighbours)
    for query, row, order in zip(queries, found, indices, strict=True):
        pairs = sorted((int((query != code).sum()), i) for i, code in enumerate(database))
        assert list(zip(row.tolist(), order.tolist(), strict=True)) == pairs[:neighbours]


def test_nearest_does_not_depend_on_the_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    queries = hamming.pack(random_bits(0, 9, 16))
    database = hamming.pack(random_bits(1, 100, 16))
    whole = hamming.nearest(queries, database, 10)
    monkeypatch.setattr(hamming, "CHUNK_BYTES", 500)
    assert len(list(hamming.query_chunks(9, row_bytes=200))) == 5
    for ours, theirs in zip(hamming.nearest(queries, database, 10), whole, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_no_queries_give_no_neighbours() -> None:
    database = hamming.pack(random_bits(1, 5, 16))
    found, indices = hamming.nearest(database[:0], database, 2)
    assert found.shape == indices.shape == (0, 2)


def test_wrong_arguments_are_refused() -> None:
    codes = hamming.pack(random_bits(0, 3, 64))
    with pytest.raises(ValueError, match="bool"):
        hamming.pack(np.zeros((3, 8)))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="b > 0"):
        hamming.pack(np.zeros((3, 0), bool))
    with pytest.raises(ValueError, match="words"):
        hamming.distances(codes, hamming.pack(random_bits(0, 3, 65)))
    with pytest.raises(ValueError, match=r"1\.\.3"):
        hamming.nearest(codes, codes, 4)
