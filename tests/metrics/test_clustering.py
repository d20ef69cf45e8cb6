from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.metrics import adjusted_rand_score

from crossmodal.metrics.clustering import (
    NOISE,
    adjusted_rand,
    chance_of_same,
    density_clusters,
    knee,
    nearest_is_same,
    neighbour_distances,
)


def clouds(people: int, clips: int, spread: float, seed: int = 0) -> NDArray[np.float64]:
    """Return people as far-apart clouds of clips, [people * clips, 6]."""
    generator = np.random.default_rng(seed)
    centres = 20 * generator.standard_normal((people, 6))
    noise = spread * generator.standard_normal((people, clips, 6))
    return (centres[:, None] + noise).reshape(-1, 6)


def naive_distances(points: NDArray[np.float64], neighbour: int) -> list[float]:
    rows = []
    for one in range(len(points)):
        others = [
            float(np.linalg.norm(points[one] - points[other]))
            for other in range(len(points))
            if other != one
        ]
        rows.append(sorted(others)[neighbour - 1])
    return sorted(rows)


@pytest.mark.parametrize("neighbour", [1, 3, 9])
def test_neighbour_distances_are_those_of_a_loop(neighbour: int) -> None:
    points = np.random.default_rng(1).standard_normal((10, 3))
    found = neighbour_distances(points, neighbour)
    np.testing.assert_allclose(found, naive_distances(points, neighbour), atol=1e-9)


@pytest.mark.parametrize("neighbour", [0, 5])
def test_a_neighbour_that_does_not_exist_is_refused(neighbour: int) -> None:
    with pytest.raises(ValueError, match="neighbour"):
        neighbour_distances(np.zeros((5, 2)), neighbour)


def test_the_knee_is_where_a_curve_bends() -> None:
    flat_then_steep = np.concatenate([np.linspace(1, 1.1, 80), np.linspace(1.2, 9, 20)])
    assert 78 <= knee(flat_then_steep) <= 81
    assert knee(np.full(7, 2.0)) == 0


def test_the_radius_is_the_k_distance_at_the_knee() -> None:
    points = np.concatenate([clouds(5, 8, 1.0), [[900.0] * 6]])
    found = density_clusters(points, 4)
    curve = naive_distances(points, 3)
    assert found.radius == pytest.approx(curve[knee(np.array(curve))])


def test_far_apart_clouds_are_the_clusters() -> None:
    points = np.concatenate([clouds(6, 8, 0.5), [[500.0] * 6, [-500.0] * 6]])
    truth = np.append(np.repeat(np.arange(6), 8), [6, 7])
    found = density_clusters(points, 4)
    assert found.count == 6
    assert found.labels[-2:].tolist() == [NOISE, NOISE]
    assert adjusted_rand(truth, found.labels) > 0.9
    assert found.noise_share < 0.2


def test_points_that_coincide_are_one_cluster() -> None:
    found = density_clusters(np.ones((6, 2)), 3)
    assert (found.count, found.noise_share) == (1, 0)


@given(scale=st.floats(1e-7, 1e3))
def test_clusters_do_not_depend_on_the_scale(scale: float) -> None:
    # rounding noise is clustered as anything else
    points = clouds(4, 6, 2.0, seed=3)
    np.testing.assert_array_equal(
        density_clusters(points, 3).labels, density_clusters(scale * points, 3).labels
    )


def test_noise_earns_nothing() -> None:
    truth = np.repeat([0, 1, 2], 4)
    assert adjusted_rand(truth, np.full(12, NOISE)) == 0
    assert adjusted_rand(truth, truth) == 1
    labels = np.array([0, 0, 0, NOISE, 1, 1, 1, NOISE, 2, 2, 2, NOISE])
    alone = np.array([0, 0, 0, 3, 1, 1, 1, 4, 2, 2, 2, 5])
    assert adjusted_rand(truth, labels) == pytest.approx(adjusted_rand_score(truth, alone))


def test_nearest_other_point() -> None:
    points = np.array([[0.0], [0.1], [5.0], [5.2], [5.3]])
    assert nearest_is_same(points, ["a", "b", "a", "c", "c"]).tolist() == [0, 0, 0, 1, 1]
    np.testing.assert_allclose(chance_of_same(["a", "b", "a", "c", "c"]), [1 / 4, 0] + 3 * [1 / 4])
