"""Dealing groups: no group on two sides, sizes, independence of order."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossmodal.corpora.splits import deal, in_proportion
from crossmodal.errors import InputError

GROUPS = st.lists(st.integers(0, 30).map(str), min_size=1, max_size=80)


@given(GROUPS, st.integers(0, 5), st.floats(0, 0.45), st.floats(0, 0.45))
def test_a_group_stands_on_one_side(
    groups: list[str], seed: int, validation: float, test: float
) -> None:
    distinct = len(set(groups))
    if distinct == 1 and test:
        with pytest.raises(InputError, match="too few"):
            deal(groups, validation=validation, test=test, seed=seed)
        return
    sides = deal(groups, validation=validation, test=test, seed=seed)
    pairs = set(zip(groups, sides, strict=True))
    assert len(pairs) == distinct
    counts = [sum(side == name for _, side in pairs) for name in ("train", "validation", "test")]
    assert counts[0] >= 1
    assert counts[2] == (min(max(1, round(test * distinct)), distinct - 1) if test else 0)
    assert counts[1] >= (1 if validation and counts[0] > 1 and distinct > 2 else 0)


@given(GROUPS.filter(lambda groups: len(set(groups)) > 1), st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_matter(groups: list[str], random: object) -> None:
    shuffled = list(groups)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    sides = [deal(rows, validation=0.2, test=0.3, seed=1) for rows in (groups, shuffled)]
    assert dict(zip(groups, sides[0], strict=True)) == dict(zip(shuffled, sides[1], strict=True))


def test_every_stratum_is_on_every_side_and_deaf_to_the_others() -> None:
    groups = [f"{stratum}{number}" for stratum in "ab" for number in range(5)] + ["c0"]
    strata = [group[0] for group in groups]
    sides = deal(groups, validation=0.2, test=0.2, seed=3, strata=strata)
    for first in (0, 5):
        assert sorted(sides[first : first + 5]) == ["test", *["train"] * 3, "validation"]
    assert sides[10] == "train"
    assert deal(groups[:5], validation=0.2, test=0.2, seed=3, strata=strata[:5]) == sides[:5]
    assert any(
        deal(groups, validation=0.2, test=0.2, seed=seed, strata=strata) != sides
        for seed in range(3)
    )


@pytest.mark.parametrize(("validation", "test"), [(0.5, 0.5), (-0.1, 0.2), (0.1, 1.0)])
def test_shares_leave_something(validation: float, test: float) -> None:
    with pytest.raises(InputError, match="leave nothing"):
        deal(["a", "b"], validation=validation, test=test, seed=0)


@given(st.lists(st.integers(1, 500), min_size=1, max_size=12), st.integers(0, 5000))
def test_shares_are_whole_fair_and_sum_up(sizes: list[int], total: int) -> None:
    shares = in_proportion(sizes, total)
    assert sum(shares) == total
    if total >= len(sizes):
        assert min(shares) >= 1
    lifted = sum(size * total < sum(sizes) for size in sizes)
    for size, share in zip(sizes, shares, strict=True):
        assert abs(share - size * total / sum(sizes)) < 1 + lifted


def test_shares_of_equal_groups() -> None:
    assert in_proportion([5, 5, 5], 7) == [3, 2, 2]
    assert in_proportion([1000, 1, 1], 6) == [4, 1, 1]
    assert in_proportion([2, 1], 1) == [1, 0]
