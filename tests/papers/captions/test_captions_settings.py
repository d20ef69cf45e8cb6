from __future__ import annotations

from itertools import chain
from pathlib import Path

import pytest
from fixture_captions import paper_settings, plan

from crossmodal.config import load_edition, resolve
from crossmodal.papers.captions.settings import PaperSettings, RunSettings

CONFIG = Path(__file__).parents[3] / "config"


@pytest.mark.parametrize("edition", ["smoke", "demo", "public", "paper"])
def test_every_edition_resolves_and_its_tcn_sees_whole_captions(edition: str) -> None:
    settings = resolve(PaperSettings, "captions", load_edition(edition, CONFIG), {}, CONFIG)
    for family in settings.families:
        run = settings.run_settings(family)
        assert run.tcn.receptive_field >= run.frames / run.tcn.pool


def test_the_controls_are_what_they_say() -> None:
    settings = paper_settings()
    base = settings.run_settings("baseline")

    def changed(family: str) -> dict[str, object]:
        run = settings.run_settings(family).model_dump()
        return {name: value for name, value in run.items() if value != base.model_dump()[name]}

    assert changed("baseline") == {}
    assert changed("new_loss") == {"hinges": "six"}
    assert changed("new_loss_mean") == {"hinges": "six", "average": True}
    assert changed("baseline_rate3") == {"rate_factor": 3}
    assert changed("tcn") == {"temporal_branch": True}
    assert changed("tcn_new_loss") == {"temporal_branch": True, "hinges": "six"}


def test_the_default_is_the_networks_own_size() -> None:
    default, papers = (
        RunSettings.model_validate({}),
        resolve(PaperSettings, "captions", load_edition("paper", CONFIG), {}, CONFIG).run_settings(
            "baseline"
        ),
    )
    assert papers == default


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"training": {"kernels": [4, 5, 5]}}, "odd number of frames"),
        ({"families": {"tcn": {"settings": {"tcn": {"levels": 1}}}}}, "pooled steps"),
        ({"examples": {"family": "nobody"}}, "no family 'nobody'"),
    ],
)
def test_settings_that_cannot_run_are_refused(changes: dict[str, object], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        paper_settings(**changes)


def test_the_plan_deals_every_family_once(tmp_path: Path) -> None:
    for jobs in (1, 2, 4, 99):
        dealt = plan(paper_settings(jobs=jobs), [0, 1], tmp_path).jobs()
        assert len(dealt) == min(jobs, 6)
        assert sorted(chain(*dealt)) == sorted(paper_settings().families)
    planned = plan(paper_settings(), [4, 7], tmp_path)
    runs = f"{tmp_path}/captions/runs/flickr8k_audio"
    assert planned.runs("tcn") == [f"{runs}/tcn/seed4", f"{runs}/tcn/seed7"]
    assert planned.answers() == f"{runs}/tcn_new_loss/seed4/answers.json"
    folder = f"{tmp_path}/corpora/flickr8k_audio/captions"
    assert planned.inputs("waves.npy")[0] == f"{folder}/manifest.csv"
    assert planned.inputs("waves.npy")[-1] == f"{folder}/waves.npy"
