from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from fixture_results import FakePaper, make_results, write_claims_file
from hypothesis import given
from hypothesis import strategies as st

from crossmodal.errors import InputError
from crossmodal.metrics.uncertainty import Interval
from crossmodal.reporting.claims import (
    ASSESSED,
    COLUMNS,
    assess_claims,
    join_claims,
    verdict_of,
    write_claims,
)

KEY = "image_to_text|test/all/average|map"
OTHER = "image_to_text|train/all/average|map"


def add_variant(
    paper: FakePaper, variant: str, mean: float, *, spread: float, seeds: int = 3
) -> None:
    """Add runs whose scores are `mean`, some queries above and as many below by `spread`."""
    for seed in range(seeds):
        signs = np.random.default_rng([seed, len(variant)]).permutation(np.resize([-1.0, 1.0], 40))
        paper.add("wikipedia", variant, seed, {KEY: mean + spread * signs})


@pytest.fixture
def paper(tmp_path: Path) -> FakePaper:
    made = FakePaper(tmp_path / "hashing", "own")
    add_variant(made, "high", 0.6, spread=0.05)
    add_variant(made, "lower", 0.4, spread=0.05)
    add_variant(made, "wavering", 0.59, spread=0.4)
    return made


def assessed(paper: FakePaper, **row: str) -> pd.Series:
    path = write_claims_file(
        paper.root.parent / "claims" / "hashing.csv", [{"claim": "1.a", **row}]
    )
    return assess_claims(path, paper.results()).iloc[0]


@pytest.mark.parametrize(
    ("left", "relation", "right", "margin", "verdict"),
    [
        ("high", ">", "lower", "0", "supported"),
        ("high", ">", "lower", "0.1", "supported"),
        ("lower", ">", "high", "0", "contradicted"),
        ("high", ">", "lower", "0.3", "contradicted"),
        ("high", ">", "wavering", "0", "inconclusive"),
        ("high", ">", "lower", "0.2", "inconclusive"),
        ("lower", "<", "high", "0.1", "supported"),
        ("high", "<", "lower", "0", "contradicted"),
        ("high", "~", "lower", "0.3", "supported"),
        ("high", "~", "lower", "0.1", "contradicted"),
        ("high", "~", "lower", "0.2", "inconclusive"),
    ],
)
def test_verdict(
    paper: FakePaper, left: str, relation: str, right: str, margin: str, verdict: str
) -> None:
    row = assessed(paper, left=left, relation=relation, right=right, margin=margin)
    assert row["verdict"] == verdict
    assert row["difference"] == pytest.approx(row["ours_left"] - row["ours_right"])
    assert row["ci_low"] <= row["difference"] <= row["ci_high"]
    assert (row["corpus"], row["source"], row["seeds"]) == ("wikipedia", "own", "3")
    assert row["note"] == ""


def test_a_side_may_name_another_protocol(paper: FakePaper) -> None:
    for seed in range(2):
        paper.add("wikipedia", "both", seed, {KEY: np.full(40, 0.5), OTHER: np.full(40, 0.9)})
    claim = assessed(paper, left="both@train/all/average", right="both")
    assert (claim["ours_left"], claim["ours_right"]) == pytest.approx((0.9, 0.5))
    assert claim["verdict"] == "supported"
    with pytest.raises(InputError, match=r"column left.*has no scores"):
        assessed(paper, left="both@train/5/average", right="both")


@pytest.mark.parametrize(("right", "verdict"), [("0.5", "supported"), ("0.7", "contradicted")])
def test_the_right_side_may_be_a_number(paper: FakePaper, right: str, verdict: str) -> None:
    claim = assessed(paper, left="high", right=right)
    assert claim["ours_right"] == pytest.approx(float(right))
    assert claim["verdict"] == verdict


def test_not_testable_keeps_its_note_and_has_no_numbers(paper: FakePaper) -> None:
    row = assessed(
        paper, status="not testable", note="no number", corpus="", relation="", margin=""
    )
    assert row["verdict"] == "not testable"
    assert row["note"] == "no number"
    assert row[["ours_left", "ours_right", "difference", "ci_low", "ci_high"]].isna().all()


def test_corpus_that_never_ran(paper: FakePaper) -> None:
    row = assessed(paper, left="high", right="lower", corpus="nuswide10k", note="first")
    assert row["verdict"] == "not testable"
    assert row["note"] == "first; corpus nuswide10k is not at hand"


@pytest.mark.parametrize("side", ["left", "right"])
def test_variant_that_did_not_run(paper: FakePaper, side: str) -> None:
    claim = assessed(paper, **({"left": "high", "right": "lower"} | {side: "graph_cut"}))
    assert claim["verdict"] == "not testable"
    assert claim["note"] == "graph_cut did not run on wikipedia"


def test_a_variant_of_the_settings_that_did_not_run_is_no_slip(paper: FakePaper) -> None:
    path = write_claims_file(
        paper.root.parent / "claims" / "hashing.csv",
        [{"claim": "1.a", "left": "high", "right": "lowers"}],
    )
    results = paper.results()
    with pytest.raises(InputError, match="Did you mean 'lower'"):
        assess_claims(path, results)
    known = SimpleNamespace(variants={"high": None, "lower": None, "lowers": None})
    for found in results.corpora.values():
        object.__setattr__(found, "settings", known)
    claim = assess_claims(path, results).iloc[0]
    assert (claim["verdict"], claim["note"]) == ("not testable", "lowers did not run on wikipedia")


@pytest.mark.parametrize(("left", "right"), [("few", "lower"), ("lower", "few")])
def test_few_seeds_settle_nothing(paper: FakePaper, left: str, right: str) -> None:
    add_variant(paper, "few", 0.9, spread=0.05, seeds=2)
    row = assessed(paper, left=left, right=right)
    assert row["verdict"] == "inconclusive"
    assert row["note"] == "fewer than 3 seeds settle nothing"
    assert row["seeds"] == "2"


def test_two_seeds_that_are_alike_are_enough(paper: FakePaper) -> None:
    for seed in range(2):
        paper.add("wikipedia", "fixed", seed, {KEY: np.full(40, 0.9)})
    assert assessed(paper, left="fixed", right="lower")["verdict"] == "supported"


def test_pairing_by_query_settles_what_spread_would_hide(tmp_path: Path) -> None:
    hard = np.random.default_rng(0).uniform(0, 0.9, 40)
    paper = FakePaper(tmp_path / "p", "own")
    for seed in range(3):
        noise = np.random.default_rng(seed).normal(0, 0.001, 40)
        paper.add("wikipedia", "a", seed, {KEY: hard + 0.02 + noise})
        paper.add("wikipedia", "b", seed, {KEY: hard})
    assert assessed(paper, left="a", right="b")["verdict"] == "supported"


@pytest.mark.parametrize(
    ("row", "named"),
    [
        ({"relation": ">="}, ["row 2 (1.a)", "column relation", "Write one of >, <, ~"]),
        ({"left": "hihg"}, ["column left", "'hihg' never ran", "Did you mean 'high'?"]),
        ({"right": ""}, ["column right", "never ran on wikipedia"]),
        ({"right": "../../wikipedia/high"}, ["column right", "never ran on wikipedia"]),
        ({"task": ""}, ["column task", "empty", "say `not testable`"]),
        ({"protocol": "test/5/average"}, ["column protocol", "has no scores", "Did you mean"]),
        ({"metric": "mpa"}, ["column protocol", "|mpa", f"Did you mean {KEY!r}"]),
        ({"margin": "-1"}, ["column margin", "negative"]),
        ({"margin": "much"}, ["column margin", "'much' is not a number"]),
        ({"margin": "nan"}, ["column margin", "'nan' is not a number"]),
        ({"paper_left": ".5!"}, ["column paper_left", "not a number"]),
        ({"status": "tested"}, ["column status", "Did you mean 'testable'?"]),
        ({"claim": "a.b"}, ["column claim", "no number before the first dot"]),
    ],
)
def test_bad_row_is_named(paper: FakePaper, row: dict[str, str], named: list[str]) -> None:
    with pytest.raises(InputError) as caught:
        assessed(paper, **({"left": "high", "right": "lower"} | row))
    for text in ["hashing.csv", *named]:
        assert text in str(caught.value)


@pytest.mark.parametrize(
    ("before", "after", "named"),
    [
        ("margin", "margins", ["margins", "unknown column", "Did you mean 'margin'?"]),
        (",note", "", ["note", "missing column"]),
        ("1.b", "1.a", ["1.a", "two claims"]),
    ],
)
def test_bad_file_is_named(paper: FakePaper, before: str, after: str, named: list[str]) -> None:
    rows = [{"claim": name, "status": "not testable"} for name in ("1.a", "1.b")]
    path = write_claims_file(paper.root.parent / "hashing.csv", rows)
    path.write_text(path.read_text().replace(before, after, 1).replace(',""', ""))
    if before == ",note":
        path.write_text("\n".join(line.rstrip(",") for line in path.read_text().splitlines()))
    with pytest.raises(InputError) as caught:
        assess_claims(path, paper.results())
    for text in ["hashing.csv", *named]:
        assert text in str(caught.value)


def test_missing_file_is_named(paper: FakePaper) -> None:
    with pytest.raises(InputError, match=r"none\.csv: no such file"):
        assess_claims(paper.root / "none.csv", paper.results())


@pytest.mark.parametrize(("count", "names"), [(39, "q"), (40, "other")])
def test_different_items_are_refused(paper: FakePaper, count: int, names: str) -> None:
    for seed in range(3):
        paper.add("wikipedia", "strange", seed, {KEY: np.full(count, 0.9)}, names)
    with pytest.raises(InputError, match=r"strange and lower scored different items.*the same"):
        assessed(paper, left="strange", right="lower")
    # A number has no items, and a claim's own items are not those of another claim.
    assert assessed(paper, left="strange", right="0.5")["verdict"] == "supported"


def test_files_are_the_same_bytes_twice_and_join(tmp_path: Path) -> None:
    tree = make_results(tmp_path, artefacts=False)
    own = tree.paper / "claims.csv"
    first = own.read_bytes()
    write_claims(tree.claims, tree.results, own)
    assert own.read_bytes() == first

    frame = pd.read_csv(own, dtype=str, keep_default_na=False)
    assert list(frame.columns) == [*COLUMNS, *ASSESSED]
    verdicts = frame.set_index("claim")["verdict"]
    assert verdicts["1.wikipedia.i2t.16.ours-dssah"] == "supported"
    assert verdicts["1.nuswide10k.i2t.16.ours-dssah"] == "not testable"
    assert verdicts["2.wikipedia.i2t.smfh"] == "contradicted"
    assert verdicts["4.labels"] == "not testable"
    assert frame["ours_left"][0] == f"{float(frame['ours_left'][0]):.6f}"

    join_claims([own], tree.edition / "claims.csv")
    joined = pd.read_csv(tree.edition / "claims.csv", dtype=str, keep_default_na=False)
    assert list(joined.columns) == ["paper", *frame.columns]
    assert set(joined["paper"]) == {"hashing"}
    pd.testing.assert_frame_equal(joined.drop(columns="paper"), frame)


def test_join_refuses_claims_that_were_not_assessed(tmp_path: Path) -> None:
    path = write_claims_file(tmp_path / "hashing" / "claims.csv", [])
    with pytest.raises(InputError, match="not a file of assessed claims"):
        join_claims([path], tmp_path / "claims.csv")
    assert not (tmp_path / "claims.csv").exists()


@given(st.floats(-1, 1), st.floats(0, 1), st.floats(0, 1))
def test_turning_a_claim_round_keeps_its_verdict(low: float, width: float, margin: float) -> None:
    high = low + width
    there = Interval((low + high) / 2, low, high)
    back = Interval(-there.mean, -high, -low)
    assert verdict_of(there, ">", margin) == verdict_of(back, "<", margin)
    assert verdict_of(there, "~", margin) == verdict_of(back, "~", margin)
