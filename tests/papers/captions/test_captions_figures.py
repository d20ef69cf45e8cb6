from __future__ import annotations

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest
from fixture_captions import CONFIG, paper_settings, workspace

from crossmodal import stages
from crossmodal.papers.captions import figures
from crossmodal.reporting.claims import assess_claims
from crossmodal.reporting.listening import listening_table
from crossmodal.reporting.results import NotRunError, Results
from crossmodal.runs import PaperFolder

SETTINGS = paper_settings(training={"epochs": 1})
# Caption search, then image search, at 1, 5 and 10.
SHEET = {
    "Baseline": (0.0742, 0.2490, 0.3662, 0.0693, 0.2236, 0.3193),
    "New loss": (0.0938, 0.2676, 0.3633, 0.0898, 0.2295, 0.3545),
}


def draw(root: Path) -> Path:
    edition = workspace(root, SETTINGS, [0, 1])
    stages.artefacts(edition, "captions")
    return edition.results.paper("captions").root


@pytest.fixture(scope="module")
def drawn(trained_captions: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("drawn")
    shutil.copytree(trained_captions, root / "smoke" / "captions")
    return draw(root)


def results(folder: Path) -> Results:
    return Results.read(SETTINGS, PaperFolder(folder), ["flickr8k_audio"])


@pytest.mark.parametrize("name", SETTINGS.artefacts)
def test_every_artefact_is_written_and_says_what_it_is(drawn: Path, name: str) -> None:
    if SETTINGS.artefacts[name].kind == "figure":
        picture = (drawn / "figures" / f"{name}.png").read_bytes()
        assert picture.startswith(b"\x89PNG")
        assert (drawn / "figures" / f"{name}.svg").stat().st_size > 10_000
        return
    assert len(pd.read_csv(drawn / "tables" / f"{name}.csv")) >= 20
    assert "stand-in" in (drawn / "tables" / f"{name}.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["table_loss", "table_architecture"])
def test_tables_have_the_papers_numbers_beside_ours(drawn: Path, name: str) -> None:
    table = pd.read_csv(drawn / "tables" / f"{name}.csv")
    assert len(table) == 4 * 2 * 3
    for network, numbers in SHEET.items():
        own = table[table["network"] == network]
        assert own["paper"].round(4).tolist() == list(numbers)
        assert (own["difference"] - (own["ours"] - own["paper"])).abs().max() < 1e-8
    others = table[~table["network"].isin(SHEET)]
    assert others["paper"].isna().all()
    assert others["ours"].notna().all()
    assert (table["seeds"] == 2).all()
    assert (table["n"] == 5).all()


def test_the_table_of_ranks_has_chance_and_every_network(drawn: Path) -> None:
    table = pd.read_csv(drawn / "tables" / "table_search.csv")
    assert len(table) == 2 * 2 * 7
    pairs = table[(table["protocol"] == "pairs") & (table["network"] == "chance")]
    assert pairs["R@1"].tolist() == [0.2, 0.2]
    assert table[table["network"] != "chance"]["median rank"].between(1, 15).all()


def test_searches_can_be_listened_to(drawn: Path) -> None:
    first = results(drawn).first
    assert not first.examples("tcn_new_loss", seed=1)
    searches = json.loads(str(first.examples("tcn_new_loss")["searches"]))
    for task, columns in (("image", 5), ("caption", 1)):
        table = listening_table(drawn / "figures" / f"fig_search_by_{task}.audio.json")
        assert len(table["columns"]) == columns
        assert len(table["rows"]) == SETTINGS.examples.queries
    for search in searches:
        scores = [answer["score"] for answer in search["answers"]]
        assert scores == sorted(scores, reverse=True)
        # All five images of the gallery are answers, so the right one is among them.
        assert [a["clip"] for a in search["answers"] if a["right"]] == [search["query"]["clip"]]


def test_every_claim_can_be_assessed(drawn: Path) -> None:
    assessed = assess_claims(CONFIG / "claims" / "captions.csv", results(drawn))
    ours = assessed[assessed["corpus"] == "flickr8k_audio"]
    assert len(ours) == 30
    assert ours["ours_left"].notna().all()
    assert set(ours["verdict"]) == {"inconclusive"}  # two seeds settle nothing
    assert set(assessed[assessed["corpus"] != "flickr8k_audio"]["verdict"]) == {"not testable"}
    reported = {
        (row["left"], row["task"], row["metric"]): row
        for row in assessed[assessed["claim"].str.startswith("1.flickr8k")].to_dict("records")
    }
    for place, task in enumerate(("image_to_caption", "caption_to_image")):
        for k, at in zip((1, 5, 10), range(3), strict=True):
            row = reported["new_loss", task, f"recall{k}"]
            left, right = (SHEET[name][3 * place + at] for name in ("New loss", "Baseline"))
            assert (row["paper_left"], row["paper_right"]) == (f"{left:.4f}", f"{right:.4f}")
            assert row["relation"] == (">" if left > right else "<")


def test_what_did_not_run_is_said_in_its_place(trained_captions: Path, tmp_path: Path) -> None:
    shutil.copytree(trained_captions, tmp_path / "smoke" / "captions")
    metrics = tmp_path / "smoke" / "captions" / "metrics" / "flickr8k_audio.csv"
    frame = pd.read_csv(metrics)
    frame[frame["variant"] != "tcn"].to_csv(metrics, index=False)
    folder = draw(tmp_path)
    assert (folder / "figures" / "fig1_tcn.png").is_file()
    table = pd.read_csv(folder / "tables" / "table_architecture.csv")
    assert (table["seeds"] == 0).sum() == 6
    with pytest.raises(NotRunError, match="Did not run: tcn"):
        figures.fig1_tcn(results(folder), tmp_path / "figure")


def test_figures_have_the_same_bytes_again(drawn: Path, tmp_path: Path) -> None:
    shutil.copytree(drawn, tmp_path / "smoke" / "captions")
    again = draw(tmp_path)
    for path in sorted((drawn / "figures").iterdir()):
        assert path.read_bytes() == (again / "figures" / path.name).read_bytes(), path.name
