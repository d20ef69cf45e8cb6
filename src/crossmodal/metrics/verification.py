"""Verification: do the two sides of a pair belong together? Curves, areas, errors, calibration.

A pair has a score, higher where the sides are more alike, and is judged matching when its score
reaches a threshold. Both kinds of pairs must occur. Equal scores are one point of a curve, so that
nothing depends on the order of the pairs.

`identified` [n], where it is given, says whether the pair's identity was recognised as well: a
matched pair then counts as found only when it is judged matching and recognised (the modified
curve of the face-voice paper), and its curve ends at the accuracy of the recognition.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from crossmodal.errors import InputError

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

_NEWTON_STEPS = 100
_NEWTON_TOLERANCE = 1e-10


@dataclass(frozen=True)
class Curve:
    """A receiver operating characteristic, from the strictest threshold to the loosest.

    Attributes:
        false_positive_rate: [k], share of the mismatched pairs judged matching; 0 first, 1 last.
        true_positive_rate: [k], share of the matched pairs found.
        thresholds: [k], infinity first, then the distinct scores, falling.
    """

    false_positive_rate: Floats
    true_positive_rate: Floats
    thresholds: Floats

    def area(self) -> float:
        """Return the area under the curve, by trapezia."""
        return float(np.trapezoid(self.true_positive_rate, self.false_positive_rate))

    def at(self, false_positive_rate: ArrayLike) -> Floats:
        """Return the true positive rate at given false positive rates, between points linear."""
        # Of points above each other the upper one counts: it costs nothing.
        x, last = np.unique(self.false_positive_rate[::-1], return_index=True)
        y = self.true_positive_rate[::-1][last]
        return np.interp(np.asarray(false_positive_rate, np.float64), x, y)


@dataclass(frozen=True)
class Sweep:
    """What each threshold gives, [k] each; see `sweep`."""

    thresholds: Floats
    accuracy: Floats
    true_positive_rate: Floats
    false_positive_rate: Floats


@dataclass(frozen=True)
class Calibration:
    """From scores to the probability that a pair matches: 1 / (1 + exp(-(slope x + offset)))."""

    slope: float
    offset: float

    def __call__(self, scores: ArrayLike) -> Floats:
        """Return the probabilities [n] of scores [n]."""
        return _logistic(self.slope * np.asarray(scores, np.float64) + self.offset)


def roc(scores: ArrayLike, matched: ArrayLike, identified: ArrayLike | None = None) -> Curve:
    """Return the curve of scores [n] of pairs that are matched or not [n].

    Raises:
        InputError: A score is not finite, or there are no matched or no mismatched pairs.
        ValueError: The lengths differ.
    """
    values, match, found = _checked(scores, matched, identified)
    order = np.argsort(-values, kind="stable")
    ordered = values[order]
    last = np.append(np.flatnonzero(np.diff(ordered)), len(ordered) - 1)
    false_positives = np.cumsum(~match[order])[last]
    true_positives = np.cumsum(found[order])[last]
    return Curve(
        np.append(0.0, false_positives / np.count_nonzero(~match)),
        np.append(0.0, true_positives / np.count_nonzero(match)),
        np.append(np.inf, ordered[last]),
    )


def auc(scores: ArrayLike, matched: ArrayLike, identified: ArrayLike | None = None) -> float:
    """Return the area under `roc`: how often a matched pair scores above a mismatched one.

    Equal scores count half.

    Raises:
        InputError, ValueError: As `roc`.
    """
    values, match, found = _checked(scores, matched, identified)
    return float(_placements(values, match, found)[match].mean())


def auc_components(
    scores: ArrayLike, matched: ArrayLike, identified: ArrayLike | None = None
) -> Floats:
    """Return one value a pair [n] whose mean is the area and whose scatter is that of the area.

    Of a matched pair it grows with the share of mismatched pairs below it, of a mismatched pair
    with the share of matched pairs above it (its placement, DeLong et al., Biometrics 1988), each
    set off from the area by n / (pairs of its kind). The standard error of the mean of these
    values is then DeLong's of the area, so that a bootstrap of means over pairs gives the interval
    of an area, or paired, of a difference of areas. Single values may lie outside 0 to 1.

    Raises:
        InputError, ValueError: As `roc`.
    """
    values, match, found = _checked(scores, matched, identified)
    placements = _placements(values, match, found)
    area = placements[match].mean()
    share = np.where(match, match.mean(), 1 - match.mean())
    components: Floats = area + (placements - area) / share
    return components


def equal_error_rate(scores: ArrayLike, matched: ArrayLike) -> float:
    """Return the rate at which as many matched pairs are missed as mismatched ones accepted.

    Between two points of the curve both rates change linearly.

    Raises:
        InputError, ValueError: As `roc`.
    """
    curve = roc(scores, matched)
    after, share = _crossing(curve)
    accepted = curve.false_positive_rate
    return float(accepted[after - 1] + share * (accepted[after] - accepted[after - 1]))


def equal_error_components(scores: ArrayLike, matched: ArrayLike) -> Floats:
    """Return one value a pair [n] whose mean is the equal error rate, for intervals over pairs.

    1 where a pair is judged wrongly at the threshold of equal error, 0 where rightly; where that
    lies between two scores, both neighbours are taken, weighted as `equal_error_rate` does. An
    interval of the mean takes the threshold as given.

    Raises:
        InputError, ValueError: As `roc`.
    """
    values, match, _ = _checked(scores, matched, None)
    curve = roc(values, match)
    after, share = _crossing(curve)
    before, behind = (
        np.where(match, values < limit, values >= limit).astype(np.float64)
        for limit in curve.thresholds[[after - 1, after]]
    )
    components: Floats = before + share * (behind - before)
    return components


def _crossing(curve: Curve) -> tuple[int, float]:
    """Return the point where more is accepted than missed, and how far towards it both meet."""
    accepted, missed = curve.false_positive_rate, 1 - curve.true_positive_rate
    after = int(np.argmax(accepted >= missed))
    gap_before = missed[after - 1] - accepted[after - 1]
    gap_after = accepted[after] - missed[after]
    return after, float(gap_before / (gap_before + gap_after))


def sweep(
    scores: ArrayLike,
    matched: ArrayLike,
    thresholds: ArrayLike,
    identified: ArrayLike | None = None,
) -> Sweep:
    """Judge all pairs at each threshold; `accuracy` is the share of all pairs judged rightly.

    Accuracy is about matching alone; `identified` enters the true positive rate only.

    Raises:
        InputError, ValueError: As `roc`.
    """
    values, match, found = _checked(scores, matched, identified)
    limits = np.asarray(thresholds, np.float64)

    def reaching(chosen: Bools) -> Floats:
        ordered = np.sort(values[chosen])
        count = len(ordered) - np.searchsorted(ordered, limits, side="left")
        return count.astype(np.float64)

    accepted, hits = reaching(~match), reaching(match)
    matches, mismatches = np.count_nonzero(match), np.count_nonzero(~match)
    return Sweep(
        limits,
        (hits + mismatches - accepted) / len(values),
        reaching(found) / matches,
        accepted / mismatches,
    )


def best_threshold(scores: ArrayLike, matched: ArrayLike) -> float:
    """Return the threshold of the highest matching accuracy, half way between two scores.

    Of several that are equally good, the one in the widest gap between scores, then the lowest.
    Only thresholds between scores are looked at, so neither all nor none is judged matching,
    unless all scores are equal: then it is that score.

    Raises:
        InputError, ValueError: As `roc`.
    """
    distinct = np.unique(_checked(scores, matched, None)[0])
    if len(distinct) == 1:
        return float(distinct[0])
    middles = (distinct[1:] + distinct[:-1]) / 2
    accuracy = sweep(scores, matched, middles).accuracy
    best = np.flatnonzero(accuracy >= accuracy.max() - 1e-12)
    return float(middles[best[np.argmax(np.diff(distinct)[best])]])


def fit_calibration(scores: ArrayLike, matched: ArrayLike) -> Calibration:
    """Fit the probability of a match by logistic regression on scores [n], e.g. of validation.

    Targets are drawn in from 0 and 1 as by Platt (Advances in Large Margin Classifiers, 1999), so
    that scores that part the two kinds completely have a finite fit.

    Raises:
        InputError, ValueError: As `roc`.
    """
    values, match, _ = _checked(scores, matched, None)
    matches, mismatches = np.count_nonzero(match), np.count_nonzero(~match)
    targets = np.where(match, (matches + 1) / (matches + 2), 1 / (mismatches + 2))
    centre = values.mean()
    scale = values.std()
    scale = scale if scale > 0 else 1.0  # all scores alike: the slope is 0
    design = np.stack([(values - centre) / scale, np.ones_like(values)])
    weights = np.zeros(2)
    for _ in range(_NEWTON_STEPS):
        probability = _logistic(weights @ design)
        gradient = design @ (probability - targets)
        curvature = (design * (probability * (1 - probability))) @ design.T
        # Far from the optimum the curvature may vanish; a touch more keeps the step finite.
        step = np.linalg.solve(curvature + 1e-9 * len(values) * np.eye(2), gradient)
        weights -= step / max(1.0, np.abs(step).max() / 2)
        if np.abs(step).max() < _NEWTON_TOLERANCE:
            break
    slope = weights[0] / scale
    return Calibration(float(slope), float(weights[1] - slope * centre))


def expected_calibration_error(probability: ArrayLike, matched: ArrayLike, bins: int = 10) -> float:
    """Return by how much probabilities [n] and shares of matches differ, over bins of equal width.

    The mean over pairs of |share of matches - mean probability| in the pair's bin.

    Raises:
        InputError: A probability is not finite or lies outside 0 to 1.
        ValueError: The lengths differ, or there are no pairs or no bins.
    """
    values, match = np.asarray(probability, np.float64), np.asarray(matched, np.bool_)
    if values.shape != match.shape or values.ndim != 1 or not len(values) or bins < 1:
        raise ValueError(f"shapes {values.shape} and {match.shape}, {bins} bins")
    if not (np.isfinite(values) & (values >= 0) & (values <= 1)).all():
        raise InputError(
            "not all from 0 to 1", field="probability", hint="Give probabilities of a match"
        )
    places = np.minimum((values * bins).astype(np.int64), bins - 1)
    gaps = np.bincount(places, weights=match - values, minlength=bins)
    return float(np.abs(gaps).sum() / len(values))


def _placements(values: Floats, match: Bools, found: Bools) -> Floats:
    """Return the share of the other kind's pairs on a pair's right side, equal scores half.

    Matched pairs that are not found count as below everything: their own placement is 0, and no
    mismatched pair has them above it.
    """
    mismatched = np.sort(values[~match])
    matched = np.sort(values[found])
    placements = np.empty_like(values)
    below = _rank(mismatched, values[match]) / len(mismatched)
    placements[match] = np.where(found[match], below, 0.0)
    above = len(matched) - _rank(matched, values[~match])
    placements[~match] = above / np.count_nonzero(match)
    return placements


def _rank(ordered: Floats, values: Floats) -> Floats:
    """Count the values of a sorted array below each of some values, equal ones half."""
    left = np.searchsorted(ordered, values, side="left")
    right = np.searchsorted(ordered, values, side="right")
    ranks: Floats = (left + right) / 2
    return ranks


def _logistic(x: Floats) -> Floats:
    """1 / (1 + exp(-x)) without overflow."""
    small = np.exp(-np.abs(x))
    result: Floats = np.where(x >= 0, 1.0, small) / (1 + small)
    return result


def _checked(
    scores: ArrayLike, matched: ArrayLike, identified: ArrayLike | None
) -> tuple[Floats, Bools, Bools]:
    """Return scores, which pairs are matched, and which of these can be found at all, [n] each."""
    values, match = np.asarray(scores, np.float64), np.asarray(matched, np.bool_)
    found = match if identified is None else match & np.asarray(identified, np.bool_)
    if values.ndim != 1 or values.shape != match.shape or found.shape != match.shape:
        raise ValueError(f"scores {values.shape}, matched {match.shape}, found {found.shape}")
    if not np.isfinite(values).all():
        raise InputError("not finite", field="scores", hint="Look for a diverged training")
    if match.all() or not match.any():
        kind = "mismatched" if match.any() else "matched"
        raise InputError(f"there are no {kind} pairs", field="matched", hint="Give both kinds")
    return values, match, found
