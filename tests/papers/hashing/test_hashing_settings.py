from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from fixture_hashing import CONFIG, METHODS, paper_settings

from crossmodal.config import Edition, load_edition, read_yaml, resolve, validate
from crossmodal.errors import InputError
from crossmodal.papers.hashing.settings import PaperSettings
from crossmodal.papers.hashing.tune import candidates

EDITIONS = sorted(path.stem for path in (CONFIG / "editions").glob("*.yaml"))


def resolved(edition: str = "demo", overrides: dict[str, Any] | None = None) -> PaperSettings:
    chosen = load_edition(edition, CONFIG)
    return resolve(PaperSettings, "hashing", chosen, overrides, CONFIG)


@pytest.mark.parametrize("edition", EDITIONS)
def test_every_variant_resolves_with_every_candidate(edition: str) -> None:
    settings = resolved(edition)
    assert tuple(settings.methods) == METHODS
    assert {variant.method for variant in settings.variants.values()} == set(METHODS)
    for name in settings.variants:
        for values in candidates(settings.searched(name)):
            found = settings.method_settings(name, **values).model_dump()
            assert {key: found[key] for key in values} == values


def test_layers_of_a_variants_settings() -> None:
    """The ablation lies over the searched value, that over the method's."""
    settings = paper_settings(
        methods={"ours": {"hidden": 16, "layers": 1, "epochs": 2}},
        variants={"ours_separate": {"settings": {"epochs": 9}}},
    )
    plain = settings.method_settings("ours", layers=3, epochs=4)
    ablation = settings.method_settings("ours_separate", layers=3, epochs=4)
    assert (plain.hidden, plain.layers, plain.epochs, plain.classifier) == (16, 3, 4, "shared")
    assert (ablation.hidden, ablation.layers, ablation.epochs) == (16, 3, 9)
    assert ablation.classifier == "separate"
    # A default of the model is not laid over what the method sets.
    assert ablation.quantisation == plain.quantisation == 0.1


def test_the_papers_values() -> None:
    settings = resolved("paper")
    smfh = settings.method_settings("smfh")
    assert (smfh.alpha, smfh.beta, smfh.gamma) == (0.5, 100, 1)
    assert (smfh.ridge, smfh.neighbours) == (0.01, 5)
    assert settings.method_settings("ssah").hidden == 4096
    assert settings.bits == [16, 32, 64]
    assert settings.protocol.label("test", None) == settings.protocol.main == "test/all/average"
    assert settings.protocol.label("train", 50) == "train/50/average"


def test_codes_are_what_protocols_begin_with() -> None:
    settings = paper_settings()
    assert settings.codes("ours") == {"16": 16, "32": 32, "64": 64}
    assert settings.codes("ours_separate") == {"64": 64}
    assert settings.codes("semantic_deep") == {"posterior": None}


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"tunning": {}}, "tunning"),
        ({"protocol": {"cutoff": [10]}}, "protocol.cutoff"),
        ({"protocol": {"ties": "random"}}, "protocol.ties"),
        ({"protocol": {"databases": ["validation"]}}, "protocol.databases"),
        ({"methods": {"dcmh": {}}}, "dcmh"),
        ({"methods": {"ours": {"hiden": 8}}}, "hiden"),
        ({"variants": {"ours": {"method": "mine"}}}, "variants.ours.method"),
        ({"variants": {"ours": {"settings": {"depth": 2}}}}, "depth"),
        ({"search": {"ours": {"layers": ["many"]}}}, "layers"),
        ({"bits": []}, "bits"),
    ],
)
def test_wrong_settings_are_named(changes: dict[str, Any], named: str) -> None:
    with pytest.raises(InputError, match=r"papers/hashing\.yaml") as caught:
        resolved(overrides=changes)
    assert named in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_misspelt_key_gets_the_nearest_known_one() -> None:
    with pytest.raises(InputError, match="Did you mean `hidden`"):
        resolved(overrides={"methods": {"ours": {"hiden": 8}}})


def test_an_edition_overlays_the_paper() -> None:
    edition = validate(
        Edition,
        {"title": "x", "papers": {"hashing": {"methods": {"ours": {"hidden": 24}}}}},
        Path("x.yaml"),
    )
    settings = resolve(PaperSettings, "hashing", edition, None, CONFIG)
    plain = read_yaml(CONFIG / "papers" / "hashing.yaml")["methods"]["ours"]
    found = settings.method_settings("ours")
    assert found.hidden == 24
    assert found.dropout == plain["dropout"]
