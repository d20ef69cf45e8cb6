"""The two classical methods, solved in closed form or by alternation: CVH and SMFH."""

from __future__ import annotations

import numpy as np
from scipy import linalg
from scipy.spatial import cKDTree

from crossmodal.errors import InputError
from crossmodal.papers.hashing.settings import MethodSettings

Matrix = np.ndarray


def canonical_correlations(
    image: Matrix, text: Matrix, regularisation: float
) -> tuple[Matrix, Matrix, Matrix]:
    """Solve Cxy Cyy^-1 Cyx w = rho^2 Cxx w (Kumar & Udupa 2011 with paired data, that is CCA).

    Args:
        image: Centred features [n, d_x].
        text: Centred features [n, d_y].
        regularisation: Added to the diagonals of Cxx and Cyy, as a share of their mean.

    Returns:
        Directions [d_x, k], [d_y, k] of unit variance under the regularised covariance, and
        correlations [k], falling; k is the number of directions that exist, at most min(d_x, d_y).

    Raises:
        InputError: Nothing varies in one of the modalities.
    """
    count = len(image)
    cxx = image.T @ image / count
    cyy = text.T @ text / count
    cxy = image.T @ text / count
    whiten_x = _inverse_root(cxx, regularisation)
    whiten_y = _inverse_root(cyy, regularisation)
    for name, whiten in (("image", whiten_x), ("text", whiten_y)):
        if whiten.shape[1] == 0:
            raise InputError(
                f"no {name} feature varies over the training pairs",
                hint="Look at the features' files below results/<edition>/corpora",
            )
    left, correlations, right = linalg.svd(whiten_x.T @ cxy @ whiten_y, full_matrices=False)
    # An eigenvector's sign is arbitrary and differs between linear algebra libraries.
    signs = np.sign(left[np.abs(left).argmax(axis=0), np.arange(left.shape[1])])
    return whiten_x @ (left * signs), whiten_y @ (right.T * signs), correlations


def _inverse_root(covariance: Matrix, regularisation: float) -> Matrix:
    """Return V L^-1/2 [d, rank], leaving out directions in which nothing varies."""
    ridge = regularisation * np.trace(covariance) / len(covariance)
    values, vectors = linalg.eigh(covariance)
    keep = values > max(1e-10 * values[-1], 0.0)
    root: Matrix = vectors[:, keep] / np.sqrt(values[keep] + ridge)
    return root


def fit_cvh(
    image: Matrix, text: Matrix, bits: int, settings: MethodSettings, rng: np.random.Generator
) -> tuple[Matrix, Matrix, dict[str, list]]:
    """Fit CVH on centred training features.

    When more bits are asked for than directions exist, the further bits repeat the directions
    from the strongest on (`extra_bits: repeat`), or cut the space of all directions along random
    orthogonal axes (`rotate`). The history says how many bits are such.

    Returns:
        Weights [d_x, bits], [d_y, bits], and a history of one row a direction.
    """
    wx, wy, correlations = canonical_correlations(image, text, settings.regularisation)
    directions = min(len(correlations), bits)
    blocks_x, blocks_y = [wx[:, :directions]], [wy[:, :directions]]
    missing = bits - directions
    while missing > 0:
        if settings.extra_bits == "repeat":
            turn = np.eye(directions)
        else:
            turn = linalg.qr(rng.standard_normal((directions, directions)))[0]
        # Scaling by the correlations lets strong directions weigh more in a rotated bit.
        scaled = correlations[:directions, None] * turn
        blocks_x.append((wx[:, :directions] @ scaled)[:, :missing])
        blocks_y.append((wy[:, :directions] @ scaled)[:, :missing])
        missing -= directions
    history = {
        "direction": list(range(1, directions + 1)),
        "correlation": list(correlations[:directions]),
        "bits_beyond_directions": [max(0, bits - directions)] * directions,
    }
    return np.hstack(blocks_x), np.hstack(blocks_y), history


def neighbour_graph(
    image: Matrix, text: Matrix, labels: np.ndarray, neighbours: int
) -> tuple[Matrix, Matrix]:
    """Return eigenvalues [n] and eigenvectors [n, n] of the graph Laplacian L = D - W of SMFH.

    W is the sum of the two modalities' graphs: an edge of weight 1 joins a row to its nearest
    rows of the same class, made symmetric.

    Args:
        image: [n, d_x].
        text: [n, d_y].
        labels: Class numbers [n].
        neighbours: Edges a row starts.
    """
    count = len(labels)
    weights = np.zeros((count, count))
    for features in (image, text):
        for label in np.unique(labels):
            rows = np.flatnonzero(labels == label)
            edges = min(neighbours, len(rows) - 1)
            if edges < 1:
                continue
            _, nearest = cKDTree(features[rows]).query(features[rows], k=edges + 1)
            source = np.repeat(rows, edges + 1)
            weights[source, rows[nearest.ravel()]] += 1.0
    weights = np.maximum(weights, weights.T)
    degree = weights.sum(axis=1)
    values, vectors = linalg.eigh(np.diag(degree) - weights)
    return values, vectors


def fit_smfh(
    image: Matrix,
    text: Matrix,
    graph: tuple[Matrix, Matrix],
    bits: int,
    settings: MethodSettings,
    rng: np.random.Generator,
) -> tuple[Matrix, Matrix, dict[str, list]]:
    """Fit SMFH on centred training features by alternating over U, S and P.

    minimise a|X1-U1 S|^2 + (1-a)|X2-U2 S|^2 + b sum|S-Pi Xi|^2 + g tr(S L S') + l R
    (Tang, Wang & Shao, TIP 2016, Eq. 9), R the squared norms of U, P and S. The step in S is the
    Sylvester equation A S + g S L = C; with both A and L diagonalised it is a division.

    Args:
        image: [n, d_x].
        text: [n, d_y].
        graph: Eigenvalues [n] and eigenvectors [n, n] of the graph's Laplacian.
        rng: Starts S.

    Returns:
        Weights [d_x, bits], [d_y, bits], and a history of the objective after each round.
    """
    values, vectors = graph
    x = [image.T, text.T]
    share = [settings.alpha, 1 - settings.alpha]
    projectors = [
        linalg.solve(m @ m.T + settings.ridge / settings.beta * np.eye(len(m)), m, assume_a="pos").T
        for m in x
    ]
    S = rng.standard_normal((bits, len(image)))
    objective = []
    for _ in range(settings.iterations):
        gram = S @ S.T
        U = [
            m @ S.T @ linalg.inv(gram + settings.ridge / weight * np.eye(bits))
            for m, weight in zip(x, share, strict=True)
        ]
        P = [S @ projector for projector in projectors]
        A = (2 * settings.beta + settings.ridge) * np.eye(bits)
        C = np.zeros_like(S)
        for m, u, p, weight in zip(x, U, P, share, strict=True):
            A += weight * u.T @ u
            C += weight * u.T @ m + settings.beta * p @ m
        scale, basis = linalg.eigh(A)
        rotated = basis.T @ C @ vectors
        S = basis @ (rotated / (scale[:, None] + settings.gamma * values)) @ vectors.T
        smooth = ((S @ vectors) ** 2 * values).sum()
        ridge = sum((w**2).sum() for w in (*U, *P, S))
        fit = sum(w * ((m - u @ S) ** 2).sum() for m, u, w in zip(x, U, share, strict=True))
        project = sum(((S - p @ m) ** 2).sum() for m, p in zip(x, P, strict=True))
        objective.append(
            float(fit + settings.beta * project + settings.gamma * smooth + settings.ridge * ridge)
        )
    P = [S @ projector for projector in projectors]
    history: dict[str, list] = {
        "iteration": list(range(1, len(objective) + 1)),
        "objective": objective,
    }
    return P[0].T, P[1].T, history
