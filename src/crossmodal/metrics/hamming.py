"""Binary codes: packing, Hamming distances and exact nearest neighbours.

Codes of ``b`` bits are rows of ``ceil(b / 64)`` unsigned 64-bit words; unused bits are zero, so
they never add to a distance.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.uint64]
Distances = NDArray[np.uint8] | NDArray[np.uint16]

WORD_BITS = 64
CHUNK_BYTES = 1 << 25


def pack(bits: NDArray[np.bool_]) -> Codes:
    """Pack ``bits`` [n, b] into codes [n, ceil(b / 64)]; bit ``j`` is bit ``j % 64`` of its word.

    Raises:
        ValueError: ``bits`` is not a two-dimensional boolean array with at least one column.
    """
    if bits.ndim != 2 or bits.dtype != np.bool_ or bits.shape[1] == 0:
        raise ValueError(f"bits must be bool [n, b], b > 0; got {bits.dtype} {bits.shape}")
    padded = np.pad(bits, ((0, 0), (0, -bits.shape[1] % WORD_BITS)))
    packed = np.packbits(padded, axis=1, bitorder="little").view("<u8")
    return packed.astype(np.uint64, copy=False)


def distances(queries: Codes, database: Codes) -> Distances:
    """Hamming distances [q, n] between codes [q, w] and [n, w].

    ``uint8`` where every distance fits (up to 3 words), else ``uint16``. The caller chunks the
    queries (see :func:`query_chunks`). One query at a time keeps the scratch row in the cache;
    for 64 bits the cost is one pass of XOR and population count, about 0.6 ns a pair.
    """
    _check_codes(queries, database)
    count, words = database.shape
    dtype = np.uint8 if words * WORD_BITS <= np.iinfo(np.uint8).max else np.uint16
    result = np.zeros((len(queries), count), dtype)
    columns = np.ascontiguousarray(database.T)
    differing = np.empty(count, np.uint64)
    differing_bits = np.empty(count, np.uint8)
    for query, row in zip(queries, result, strict=True):
        for word, column in zip(query, columns, strict=True):
            np.bitwise_xor(word, column, out=differing)
            if words == 1:
                np.bitwise_count(differing, out=row)
            else:
                np.bitwise_count(differing, out=differing_bits)
                np.add(row, differing_bits, out=row)
    return result


def nearest(
    queries: Codes, database: Codes, neighbours: int
) -> tuple[Distances, NDArray[np.int64]]:
    """Distances and database indices [q, neighbours] of the nearest codes, nearest first.

    Exact; equal distances are ordered by database index. With ``neighbours`` equal to the size
    of the database this is the full ranking.

    Raises:
        ValueError: ``neighbours`` is not between 1 and the size of the database.
    """
    _check_codes(queries, database)
    if not 1 <= neighbours <= len(database):
        raise ValueError(f"neighbours must be in 1..{len(database)}, got {neighbours}")
    found_distances: list[NDArray[Any]] = []
    found_indices: list[NDArray[np.int64]] = []
    for rows in query_chunks(len(queries), row_bytes=2 * len(database)):
        for row in distances(queries[rows], database):
            within = np.flatnonzero(row <= _smallest_radius(row, neighbours))
            indices = within[np.argsort(row[within], kind="stable")[:neighbours]]
            found_indices.append(indices)
            found_distances.append(row[indices])
    if not found_indices:
        return distances(queries, database[:neighbours]), np.zeros((0, neighbours), np.int64)
    return np.stack(found_distances), np.stack(found_indices)


def _smallest_radius(row: Distances, neighbours: int) -> int:
    """Smallest radius that holds ``neighbours`` of the distances ``row`` [n].

    Bisection reads the row once for each bit of the answer; a selection would sort it.
    """
    radii = range(int(row.max()) + 1)
    return bisect_left(radii, neighbours, key=lambda radius: int(np.count_nonzero(row <= radius)))


def query_chunks(count: int, *, row_bytes: int) -> Iterator[slice]:
    """Consecutive slices over ``count`` queries, at most 32 MiB each at ``row_bytes`` a query."""
    step = max(1, CHUNK_BYTES // max(1, row_bytes))
    for start in range(0, count, step):
        yield slice(start, min(start + step, count))


def _check_codes(queries: Codes, database: Codes) -> None:
    for codes in (queries, database):
        if codes.ndim != 2 or codes.dtype != np.uint64:
            raise ValueError(f"codes must be uint64 [n, words], got {codes.dtype} {codes.shape}")
    if queries.shape[1] != database.shape[1]:
        raise ValueError(
            f"queries have {queries.shape[1]} words a code, the database {database.shape[1]}"
        )
