from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import linalg
from sklearn.cross_decomposition import CCA

from crossmodal.papers.hashing.linear import (
    canonical_correlations,
    fit_cvh,
    fit_smfh,
    neighbour_graph,
)
from crossmodal.papers.hashing.settings import MethodSettings

Matrix = NDArray[np.float64]


def paired(rows: int = 200, image: int = 6, text: int = 4, seed: int = 0) -> tuple[Matrix, Matrix]:
    """Centred features that share four latent variables, less and less of each."""
    rng = np.random.default_rng(seed)
    latent = rng.standard_normal((rows, 4)) * [2.0, 1.0, 0.6, 0.3]
    x = latent @ rng.standard_normal((4, image)) + rng.standard_normal((rows, image))
    y = latent @ rng.standard_normal((4, text)) + rng.standard_normal((rows, text))
    return x - x.mean(axis=0), y - y.mean(axis=0)


def covariances(x: Matrix, y: Matrix) -> tuple[Matrix, Matrix, Matrix]:
    return x.T @ x / len(x), y.T @ y / len(x), x.T @ y / len(x)


def cosines(left: Matrix, right: Matrix) -> Matrix:
    lengths = np.linalg.norm(left, axis=0) * np.linalg.norm(right, axis=0)
    found: Matrix = np.abs((left * right).sum(axis=0)) / lengths
    return found


@pytest.mark.parametrize("regularisation", [0.0, 0.3])
def test_canonical_correlations_solve_the_generalised_eigenproblem(regularisation: float) -> None:
    x, y = paired()
    cxx, cyy, cxy = covariances(x, y)
    cxx += regularisation * np.trace(cxx) / 6 * np.eye(6)
    cyy += regularisation * np.trace(cyy) / 4 * np.eye(4)
    values, vectors = linalg.eig(cxy @ linalg.inv(cyy) @ cxy.T, cxx)
    order = np.argsort(-values.real)[:4]

    wx, wy, correlations = canonical_correlations(x, y, regularisation)

    np.testing.assert_allclose(correlations**2, values.real[order], rtol=1e-9)
    np.testing.assert_allclose(cosines(wx, vectors.real[:, order]), 1, rtol=1e-9)
    # Cyx wx = rho Cyy wy ties each text direction, sign included, to its image direction.
    np.testing.assert_allclose(cxy.T @ wx, cyy @ wy * correlations, atol=1e-9)
    np.testing.assert_allclose(wx.T @ cxx @ wx, np.eye(4), atol=1e-9)
    np.testing.assert_allclose(wy.T @ cyy @ wy, np.eye(4), atol=1e-9)


def test_canonical_correlations_agree_with_scikit_learn() -> None:
    x, y = paired(seed=1)
    reference = CCA(n_components=4, scale=False, max_iter=20000, tol=1e-13).fit(x, y)
    a, b = reference.transform(x, y)
    expected = [np.corrcoef(a[:, k], b[:, k])[0, 1] for k in range(4)]
    wx, wy, correlations = canonical_correlations(x, y, 0.0)
    found = [np.corrcoef((x @ wx)[:, k], (y @ wy)[:, k])[0, 1] for k in range(4)]
    np.testing.assert_allclose(correlations, expected, atol=1e-6)
    np.testing.assert_allclose(found, correlations, atol=1e-9)
    assert (np.diff(correlations) < 0).all()


@pytest.mark.parametrize(("image", "text", "directions"), [(6, 4, 4), (3, 5, 3)])
def test_as_many_directions_as_the_narrower_side_has(
    image: int, text: int, directions: int
) -> None:
    wx, wy, correlations = canonical_correlations(*paired(image=image, text=text), 1e-3)
    assert (wx.shape, wy.shape) == ((image, directions), (text, directions))
    assert len(correlations) == directions


def test_no_direction_where_nothing_varies() -> None:
    x, y = paired()
    # Shares that sum to one, as topic proportions do, vary in one direction less.
    shares = np.exp(y) / np.exp(y).sum(axis=1, keepdims=True)
    shares -= shares.mean(axis=0)
    constant = np.hstack([x, np.zeros((len(x), 1))])
    wx, wy, correlations = canonical_correlations(constant, shares, 0.0)
    assert len(correlations) == 3
    assert np.isfinite(wx).all()
    assert np.isfinite(wy).all()
    assert (wx[-1] == 0).all()
    assert (correlations <= 1 + 1e-12).all()


def cvh(bits: int, extra_bits: str, seed: int = 0) -> tuple[Matrix, Matrix, dict[str, Any]]:
    settings = MethodSettings.model_validate({"extra_bits": extra_bits, "regularisation": 0.01})
    return fit_cvh(*paired(), bits, settings, np.random.default_rng(seed))


@pytest.mark.parametrize("extra_bits", ["repeat", "rotate"])
def test_cvh_starts_with_the_directions_and_counts_the_bits_beyond(extra_bits: str) -> None:
    wx, wy, correlations = canonical_correlations(*paired(), 0.01)
    for bits, directions, beyond in ((3, 3, 0), (4, 4, 0), (11, 4, 7)):
        found_x, found_y, history = cvh(bits, extra_bits)
        assert (found_x.shape, found_y.shape) == ((6, bits), (4, bits))
        assert np.array_equal(found_x[:, :directions], wx[:, :directions])
        assert np.array_equal(found_y[:, :directions], wy[:, :directions])
        assert history["direction"] == list(range(1, directions + 1))
        assert history["correlation"] == list(correlations[:directions])
        assert history["bits_beyond_directions"] == [beyond] * directions


def test_cvh_repeats_the_bits_from_the_strongest_on() -> None:
    x, y = paired()
    wx, wy, _ = cvh(11, "repeat")
    for features, weights in ((x, wx), (y, wy)):
        codes = features @ weights >= 0
        assert np.array_equal(codes[:, 4:8], codes[:, :4])
        assert np.array_equal(codes[:, 8:], codes[:, :3])


def test_cvh_rotates_all_directions_together() -> None:
    wx, wy, correlations = canonical_correlations(*paired(), 0.01)
    turns = []
    for first, last in ((4, 8), (8, 12)):
        rotated_x, rotated_y, _ = cvh(12, "rotate")
        in_x = linalg.lstsq(wx, rotated_x[:, first:last])[0] / correlations[:, None]
        in_y = linalg.lstsq(wy, rotated_y[:, first:last])[0] / correlations[:, None]
        np.testing.assert_allclose(in_x, in_y, atol=1e-9)
        np.testing.assert_allclose(in_x.T @ in_x, np.eye(4), atol=1e-9)
        turns.append(in_x)
    assert np.abs(turns[0] - turns[1]).max() > 0.1
    assert np.array_equal(cvh(12, "rotate", seed=3)[0], cvh(12, "rotate", seed=3)[0])
    assert not np.array_equal(cvh(12, "rotate", seed=3)[0], cvh(12, "rotate", seed=4)[0])


LABELS = np.repeat([0, 1, 2, 3], [12, 9, 3, 1])  # the last class has nobody to be joined to


def laplacian(neighbours: int) -> tuple[Matrix, Matrix, Matrix]:
    x, y = paired(rows=len(LABELS))
    values, vectors = neighbour_graph(x, y, LABELS, neighbours)
    return x, y, vectors @ np.diag(values) @ vectors.T


def naive_weights(x: Matrix, y: Matrix, neighbours: int) -> Matrix:
    weights = np.zeros((len(x), len(x)))
    for features in (x, y):
        for row in range(len(x)):
            own = [i for i in range(len(x)) if LABELS[i] == LABELS[row] and i != row]
            own.sort(key=lambda i: float(((features[i] - features[row]) ** 2).sum()))
            weights[row, own[:neighbours]] += 1
    return np.maximum(weights, weights.T)


@pytest.mark.parametrize("neighbours", [1, 5])
def test_neighbour_graph(neighbours: int) -> None:
    x, y, found = laplacian(neighbours)
    weights = naive_weights(x, y, neighbours)
    np.testing.assert_allclose(found, np.diag(weights.sum(axis=1)) - weights, atol=1e-9)
    np.testing.assert_allclose(found.sum(axis=1), 0, atol=1e-9)
    assert np.linalg.eigvalsh(found).min() > -1e-9
    assert (np.abs(found[LABELS[:, None] != LABELS[None, :]]) < 1e-9).all()


def smfh(settings: MethodSettings, bits: int = 5) -> tuple[Matrix, Matrix, dict[str, Any]]:
    x, y = paired(rows=len(LABELS))
    graph = neighbour_graph(x, y, LABELS, settings.neighbours)
    return fit_smfh(x, y, graph, bits, settings, np.random.default_rng(7))


@pytest.mark.parametrize("iterations", [1, 4])
def test_smfh_steps_solve_the_sylvester_equation(iterations: int) -> None:
    x, y, graph = laplacian(3)
    a, b, g, ridge = 0.3, 2.0, 0.7, 0.05
    values = {"alpha": a, "beta": b, "gamma": g, "ridge": ridge, "neighbours": 3}
    settings = MethodSettings.model_validate({**values, "iterations": iterations})
    objective = []
    S = np.random.default_rng(7).standard_normal((5, len(x)))

    def projection(m: Matrix) -> Matrix:
        found: Matrix = b * S @ m.T @ linalg.inv(b * m @ m.T + ridge * np.eye(len(m)))
        return found

    for _ in range(iterations):
        U1 = a * x.T @ S.T @ linalg.inv(a * S @ S.T + ridge * np.eye(5))
        U2 = (1 - a) * y.T @ S.T @ linalg.inv((1 - a) * S @ S.T + ridge * np.eye(5))
        P1, P2 = projection(x.T), projection(y.T)
        A = a * U1.T @ U1 + (1 - a) * U2.T @ U2 + (2 * b + ridge) * np.eye(5)
        C = a * U1.T @ x.T + (1 - a) * U2.T @ y.T + b * (P1 @ x.T + P2 @ y.T)
        S = linalg.solve_sylvester(A, g * graph, C)
        np.testing.assert_allclose(A @ S + g * S @ graph, C, atol=1e-9)
        objective.append(
            a * np.square(x.T - U1 @ S).sum()
            + (1 - a) * np.square(y.T - U2 @ S).sum()
            + b * (np.square(S - P1 @ x.T).sum() + np.square(S - P2 @ y.T).sum())
            + g * np.trace(S @ graph @ S.T)
            + ridge * sum(np.square(m).sum() for m in (U1, U2, P1, P2, S))
        )

    image_weight, text_weight, history = smfh(settings)
    np.testing.assert_allclose(image_weight.T, projection(x.T), atol=1e-9)
    np.testing.assert_allclose(text_weight.T, projection(y.T), atol=1e-9)
    np.testing.assert_allclose(history["objective"], objective, rtol=1e-9)
    assert history["iteration"] == list(range(1, iterations + 1))


@pytest.mark.parametrize(
    "values",
    [{}, {"alpha": 0.9}, {"beta": 1.0}, {"gamma": 1000.0}, {"gamma": 0.0}, {"ridge": 10.0}],
)
def test_smfh_objective_never_rises(values: dict[str, float]) -> None:
    settings = MethodSettings.model_validate({"iterations": 25, **values})
    objective = np.array(smfh(settings)[2]["objective"])
    assert (np.diff(objective) <= 1e-9 * objective[:-1]).all()
    assert objective[-1] < objective[0]
