"""What evaluation writes, on scores made by hand."""

from __future__ import annotations

import numpy as np
import pytest

from crossmodal.metrics.verification import auc
from crossmodal.papers.facevoice.evaluate import ScoredPairs, scores_of


def scored(similarity: list[float], identified: list[bool]) -> ScoredPairs:
    matched = np.arange(len(similarity)) < len(similarity) // 2
    right = np.array(identified)
    return ScoredPairs(
        np.array(similarity), matched, {"voice": right, "face": ~right, "concatenated": right}
    )


VALIDATION = scored([0.8, 0.6, 0.1, 0.2], [True] * 4)  # parted best at 0.4
TEST = scored([0.9, 0.55, 0.35, 0.45, 0.3, 0.0], [True, False, True, True, True, True])


def test_thresholds_come_from_validation_or_from_the_test_set_as_written() -> None:
    scores, scalars = scores_of(VALIDATION, TEST, identify=True)
    thresholds = {row["protocol"]: row["value"] for row in scalars if row["metric"] == "threshold"}
    assert thresholds["test/validation"] == pytest.approx(0.4)
    assert thresholds["test/0.5"] == 0.5
    # On the test set 0.5 and 0.325 are right five times of six each; the wider gap decides.
    assert thresholds["test/as_written"] == pytest.approx(0.5)
    assert scores["matching|test/validation|accuracy"].tolist() == [1, 1, 0, 0, 1, 1]
    assert scores["matching|test/0.5|accuracy"].tolist() == [1, 1, 0, 1, 1, 1]
    assert set(scores["matching|test|best_threshold"]) == {thresholds["test/as_written"]}


def test_identity_counts_for_matched_pairs_judged_matching() -> None:
    scores, _ = scores_of(VALIDATION, TEST, identify=True)
    assert scores["identification|concatenated|accuracy"].tolist() == [1, 0, 1]
    assert scores["identification|face|accuracy"].tolist() == [0, 1, 0]
    assert scores["matching|matched/0.5|true_rate_concatenated"].tolist() == [1, 0, 0]
    assert scores["matching|test|identified_voice"].tolist() == [1, 0, 1, 0, 0, 0]
    area = auc(TEST.similarity, TEST.matched, TEST.identified["concatenated"])
    assert scores["matching|test|auc_identified"].mean() == pytest.approx(area)
    assert scores["matching|test|auc"].mean() == pytest.approx(auc(TEST.similarity, TEST.matched))
    assert area < auc(TEST.similarity, TEST.matched)


def test_people_never_seen_are_matched_but_not_identified() -> None:
    scores, _ = scores_of(VALIDATION, TEST, identify=False)
    assert not [key for key in scores if "identif" in key or "true_rate" in key]
    assert "matching|test|auc" in scores


def test_test_scores_do_not_move_threshold_or_calibration() -> None:
    other = scored([0.1, 0.2, 0.3, 0.9, 0.8, 0.7], [True] * 6)
    one, first = scores_of(VALIDATION, TEST, identify=True)
    two, second = scores_of(VALIDATION, other, identify=True)
    chosen = [
        next(
            row["value"]
            for row in rows
            if (row["protocol"], row["metric"]) == ("test/validation", "threshold")
        )
        for rows in (first, second)
    ]
    assert chosen[0] == chosen[1]
    # The same similarity has the same probability.
    assert one["matching|test|probability"][0] == two["matching|test|probability"][3]
