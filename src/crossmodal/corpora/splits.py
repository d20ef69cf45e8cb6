"""Dealing clips into training, validation and test set so that a group stays on one side."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from crossmodal.errors import InputError


def deal(
    groups: Sequence[str],
    *,
    validation: float,
    test: float,
    seed: int,
    strata: Sequence[str] | None = None,
) -> list[str]:
    """Give every row a split, the same one to all rows of a group.

    Each stratum is dealt by itself: of its n groups, the shares rounded, at least one for the
    test set where it has two groups, at least one for validation where it has three, and always
    one for training. A stratum of a single group goes to training. For a split at random, pass
    the names of the rows as groups.

    Args:
        groups: [rows] What must not be torn apart: the row's song, episode, person or itself.
        validation: Share of the groups for validation, from 0 to below 1.
        test: Share of the groups for the test set; the two shares leave some for training.
        seed: Decides which groups go where; the order of the rows does not matter.
        strata: [rows] What is to be on every side, such as the instrument; the same value in all
            rows of a group. None: one stratum.

    Returns:
        [rows] "train", "validation" or "test".

    Raises:
        InputError: The shares are out of range, or no stratum has the groups to fill a side that
            was asked for.
    """
    if not (0 <= validation < 1 and 0 <= test < 1 and validation + test < 1):
        raise InputError(
            f"shares {validation} and {test} leave nothing for training",
            field="validation, test",
            hint="Use shares from 0 to below 1 that sum to less than 1",
        )
    stratum_of = dict(zip(groups, strata or [""] * len(groups), strict=True))
    members_of: dict[str, list[str]] = {}
    for group, stratum in stratum_of.items():
        members_of.setdefault(stratum, []).append(group)
    side_of: dict[str, str] = {}
    for stratum in sorted(members_of):
        members = sorted(members_of[stratum])
        # Seeded by the stratum's name too, so that one more stratum leaves the others alone.
        generator = np.random.default_rng([seed, *stratum.encode("utf-8")])
        shuffled = [members[place] for place in generator.permutation(len(members))]
        tests = _count(test, len(members), len(members) - 1)
        validations = _count(validation, len(members), len(members) - 1 - tests)
        side_of |= dict.fromkeys(shuffled, "train")
        side_of |= dict.fromkeys(shuffled[:tests], "test")
        side_of |= dict.fromkeys(shuffled[tests : tests + validations], "validation")
    if test and groups and "test" not in side_of.values():
        raise InputError(
            f"{len(side_of)} sources are too few for a test set",
            field="split",
            hint="Add sources, or use split: random",
        )
    return [side_of[group] for group in groups]


def in_proportion(sizes: Sequence[int], total: int) -> list[int]:
    """Share a number of things out to groups in proportion to their sizes.

    Shares are whole and sum to the number; none is 0 while there are things for every group.

    Args:
        sizes: Of the groups, each at least 1.
    """
    exact = np.array(sizes) * total / sum(sizes)
    shares = np.floor(exact).astype(int)
    # The largest remainders first; among equal ones the first group.
    behind = np.argsort(shares - exact, kind="stable")
    shares[behind[: total - int(shares.sum())]] += 1
    while total >= len(sizes) and not shares.all():
        shares[np.argmax(shares)] -= 1
        shares[np.argmin(shares)] += 1
    return [int(share) for share in shares]


def _count(share: float, groups: int, most: int) -> int:
    """Return how many of the groups make up a share: at least one, if `most` allows it."""
    return min(max(1, round(share * groups)), most) if share else 0
