"""Density clustering of points with a stated rule for its radius, and agreement with the truth.

DBSCAN: Ester, Kriegel, Sander, Xu, KDD 1996. The rule for the radius is theirs too: the place
where the curve of the distances to the k-th neighbour bends, found as in Satopää et al., Finding
a "kneedle" in a haystack, ICDCS workshops 2011.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.cluster import DBSCAN
from sklearn.metrics import adjusted_rand_score
from sklearn.neighbors import NearestNeighbors

from crossmodal.devices import one_thread

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]

NOISE = -1


@dataclass(frozen=True)
class Clusters:
    """What DBSCAN made of points.

    Attributes:
        labels: [n], number of the cluster from 0, or -1 for noise.
        radius: The largest distance of neighbours, in the unit of the points.
    """

    labels: Labels
    radius: float

    @property
    def count(self) -> int:
        """Return the number of clusters."""
        return int(self.labels.max(initial=NOISE)) + 1

    @property
    def noise_share(self) -> float:
        """Return the share of points in no cluster."""
        return float((self.labels == NOISE).mean())


def neighbour_distances(points: ArrayLike, neighbour: int) -> Floats:
    """Return the Euclidean distance [n] of points [n, d] to their k-th neighbour, smallest first.

    The point itself is not counted.

    Raises:
        ValueError: There are not more points than neighbours asked for.
    """
    array = np.asarray(points, np.float64)
    if not 1 <= neighbour < len(array):
        raise ValueError(f"{len(array)} points have no neighbour number {neighbour}")
    with one_thread():
        found, _ = NearestNeighbors(n_neighbors=neighbour).fit(array).kneighbors()
    return np.sort(found[:, -1])


def knee(curve: Floats) -> int:
    """Return the place where a rising curve [n] bends upwards: furthest below its chord."""
    chord = np.linspace(curve[0], curve[-1], len(curve))
    return int(np.argmax(chord - curve))


def density_clusters(points: ArrayLike, core_points: int) -> Clusters:
    """Cluster points [n, d] by DBSCAN; the radius is the k-distance at the knee of its curve.

    Args:
        points: At least `core_points` of them.
        core_points: Points, itself included, that a core point has within the radius; k is one
            less.

    Raises:
        ValueError: `core_points` is below 2 or there are fewer points.
    """
    array = np.asarray(points, np.float64)
    distances = neighbour_distances(array, core_points - 1)
    # The neighbour whose distance this is shall lie within it, however the last digit is rounded;
    # where all points coincide every radius will do, but DBSCAN wants a positive one.
    radius = max(float(distances[knee(distances)]) * (1 + 1e-9), float(np.finfo(np.float64).tiny))
    with one_thread():
        labels = DBSCAN(eps=radius, min_samples=core_points).fit(array).labels_
    return Clusters(np.asarray(labels, np.int64), radius)


def adjusted_rand(truth: ArrayLike, labels: Labels) -> float:
    """Return the adjusted Rand index of clusters [n] against true classes [n]: chance 0, best 1.

    Each noise point counts as a cluster of its own, so that calling everything noise earns 0.
    Source: Hubert, Arabie, Comparing partitions, Journal of Classification 1985.
    """
    alone = np.where(
        labels == NOISE, labels.max(initial=NOISE) + 1 + np.arange(len(labels)), labels
    )
    return float(adjusted_rand_score(np.asarray(truth), alone))


def nearest_is_same(points: ArrayLike, classes: ArrayLike) -> Floats:
    """Return 1 for each of the points [n, d] whose nearest other point is of its class, else 0.

    Of several equally near ones, the first counts.
    """
    array, truth = np.asarray(points, np.float64), np.asarray(classes)
    with one_thread():
        _, nearest = NearestNeighbors(n_neighbors=1).fit(array).kneighbors()
    return np.asarray(truth[nearest[:, 0]] == truth, np.float64)


def chance_of_same(classes: ArrayLike) -> Floats:
    """Return, for each of [n] points, the share of the other points that are of its class."""
    _, inverse, counts = np.unique(np.asarray(classes), return_inverse=True, return_counts=True)
    return np.asarray((counts[inverse] - 1) / (len(inverse) - 1), np.float64)
