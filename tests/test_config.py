from pathlib import Path
from typing import Any

import pytest
from pydantic import Field

from crossmodal.config import (
    PaperBase,
    Settings,
    load_edition,
    load_workflow,
    overlay,
    read_yaml,
    resolve,
    validate,
)
from crossmodal.errors import InputError
from crossmodal.papers.hashing.settings import PaperSettings

ROOT = Path(__file__).resolve().parents[1]


class Network(Settings):
    hidden: int = Field(8, ge=1)
    dropout: float = 0.5


class Paper(Settings):
    bits: list[int] = Field([16, 32])
    network: Network
    variants: dict[str, Network] = Field({})


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A settings folder with one paper and one edition."""
    for folder in ("papers", "editions"):
        (tmp_path / folder).mkdir()
    (tmp_path / "papers" / "hashing.yaml").write_text(
        "bits: [16, 32]\nnetwork: {hidden: 512, dropout: 0.1}\n"
    )
    (tmp_path / "editions" / "small.yaml").write_text(
        "title: small\npapers:\n  hashing:\n    bits: [8]\n    network: {hidden: 32}\n"
    )
    return tmp_path


def fails(action: Any, *arguments: Any) -> str:
    with pytest.raises(InputError) as caught:
        action(*arguments)
    message = str(caught.value)
    assert "\n" not in message
    assert len(message) < 400
    return message


def resolved(config: Path, overrides: dict[str, Any] | None = None) -> Paper:
    return resolve(Paper, "hashing", load_edition("small", config), overrides, config)


def test_overrides_lie_over_the_edition_over_the_file(config: Path) -> None:
    settings = resolved(config, {"network": {"dropout": 0.9}})
    assert settings.bits == [8]
    assert settings.network.hidden == 32
    assert settings.network.dropout == 0.9
    assert resolved(config).network.dropout == 0.1


def test_overlay_merges_mappings_and_replaces_lists_and_scalars() -> None:
    base = {"a": {"x": 1, "y": [1, 2]}, "b": {"x": 1}, "c": 1}
    layer = {"a": {"y": [3]}, "b": 2, "c": {"x": 1}}
    assert overlay(base, layer) == {"a": {"x": 1, "y": [3]}, "b": 2, "c": {"x": 1}}
    assert overlay(base, {}, {"c": 2})["c"] == 2
    assert base["a"] == {"x": 1, "y": [1, 2]}


@pytest.mark.parametrize(
    ("values", "field", "near"),
    [
        ({"netwrk": {}, "bits": [1]}, "netwrk", "network"),
        ({"network": {"hiden": 3}}, "network.hiden", "hidden"),
        ({"variants": {"cvh": {"drop_out": 1}}}, "variants.cvh.drop_out", "dropout"),
    ],
)
def test_an_unknown_key_is_named_with_the_nearest_known_one(
    config: Path, values: dict[str, Any], field: str, near: str
) -> None:
    assert f"hashing.yaml: {field}: unknown key. Did you mean `{near}`?" in fails(
        resolved, config, values
    )


def test_a_misspelt_required_key_is_called_unknown_not_missing(config: Path) -> None:
    (config / "papers" / "hashing.yaml").write_text("netwrk: {hidden: 3}\n")
    (config / "editions" / "small.yaml").write_text("title: small\n")
    assert "netwrk: unknown key. Did you mean `network`?" in fails(resolved, config)
    (config / "papers" / "hashing.yaml").write_text("bits: [1]\n")
    assert "hashing.yaml: network: is missing. Add it" in fails(resolved, config)


def test_a_key_like_no_other_gets_the_known_ones(config: Path) -> None:
    message = fails(resolved, config, {"network": {"zzz": 1}})
    assert "Known keys: hidden, dropout" in message


@pytest.mark.parametrize("value", ["many", 0, 1.5, None, [3]])
def test_a_wrong_type_or_value_names_field_and_value(config: Path, value: object) -> None:
    message = fails(resolved, config, {"network": {"hidden": value}})
    assert "network.hidden" in message
    assert repr(value) in message


@pytest.mark.parametrize(
    ("method", "field"),
    [
        ({"methods": {"ours": {"hiden": 3}}}, "methods.ours.hiden: unknown key. Did you mean"),
        ({"methods": {"ours": {"hidden": 0}}}, "methods.ours.hidden"),
        ({"methods": {"our": {}}}, "methods.our"),
        ({"variants": {"ours_separate": {"settings": {"clasifier": 1}}}}, "settings.clasifier"),
        ({"search": {"ours": {"epoch": [3]}}}, "ours.epoch"),
        ({"search": {"ours": {"epochs": [3, "x"]}}}, "ours.epochs: 'x'"),
    ],
)
def test_settings_of_a_method_are_checked_before_anything_runs(
    method: dict[str, Any], field: str
) -> None:
    config = ROOT / "config"
    edition = load_edition("smoke", config)
    assert field in fails(resolve, PaperSettings, "hashing", edition, method, config)


def test_what_a_file_leaves_out_is_not_laid_over_what_was_searched() -> None:
    config = ROOT / "config"
    settings = resolve(PaperSettings, "hashing", load_edition("smoke", config), {}, config)
    chosen = settings.method_settings("ours_separate", epochs=7, quantisation=0.3)
    assert (chosen.epochs, chosen.quantisation) == (7, 0.3)
    assert chosen.classifier == "separate"
    assert chosen.hidden == 32


def test_bad_yaml_is_reported_with_its_line(config: Path) -> None:
    path = config / "papers" / "hashing.yaml"
    path.write_text("bits: [16]\nnetwork: {hidden: 1\nvariants: {}\n")
    message = fails(resolved, config)
    assert f"{path}: line 3: is not YAML" in message


@pytest.mark.parametrize("text", ["- a\n- b\n", "word\n"])
def test_yaml_that_is_no_mapping_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(text)
    assert "is not a mapping" in fails(read_yaml, path)


def test_unreadable_files_are_refused_and_empty_ones_are_empty(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    assert "cannot be read" in fails(read_yaml, path)
    path.write_bytes(b"a: \xff\xfe")
    assert "cannot be read" in fails(read_yaml, path)
    path.write_text("# nothing\n")
    assert read_yaml(path) == {}


def test_an_unknown_edition_lists_the_known_ones(config: Path) -> None:
    assert "there is no edition 'big'. Choose one of: small" in fails(load_edition, "big", config)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"editon": "demo"}, "editon: unknown key. Did you mean `edition`?"),
        ({"papers": ["hashin"]}, "papers: there is no paper 'hashin'. Choose from: hashing"),
        (
            {"papers": ["hashing"], "overrides": {"hashin": {}}},
            "overrides: there is no paper 'hashin'",
        ),
        ({"papers": []}, "papers"),
        ({"seeds": "zero"}, "seeds"),
    ],
)
def test_what_to_run_is_checked(config: Path, values: dict[str, Any], message: str) -> None:
    assert message in fails(load_workflow, values, config)


def test_an_edition_cannot_set_an_unknown_paper(config: Path) -> None:
    (config / "editions" / "small.yaml").write_text("title: small\npapers: {hashin: {}}\n")
    assert "there is no paper 'hashin'" in fails(load_edition, "small", config)


@pytest.mark.parametrize("edition", ["smoke", "demo", "public", "paper"])
def test_every_edition_resolves(edition: str) -> None:
    config = ROOT / "config"
    settings = resolve(PaperSettings, "hashing", load_edition(edition, config), {}, config)
    for family in settings.variants:
        settings.method_settings(family)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"edition": "own"}, "corpus: no corpus is named"),
        ({"edition": "demo", "corpus": "talk"}, "corpus: named for demo"),
    ],
)
def test_a_name_of_a_corpus_goes_with_the_edition_own(values: dict[str, str], said: str) -> None:
    with pytest.raises(InputError, match=said):
        load_workflow(values, ROOT / "config")
    found = load_workflow({"edition": "own", "corpus": "talk"}, ROOT / "config")
    assert (found.edition, found.corpus) == ("own", "talk")


class Chosen(PaperBase):
    variants: dict[str, Network]


def test_only_chooses_variants() -> None:
    names = ["ours", "other"]
    values: dict[str, Any] = {
        "corpora": ["wikipedia"],
        "artefacts": {},
        "variants": {name: {} for name in names},
    }
    chosen = validate(Chosen, values | {"only": ["ours"]}, Path("p.yaml"))
    assert [name for name in names if chosen.runs_variant(name)] == ["ours"]
    assert all(validate(Chosen, values, Path("p.yaml")).runs_variant(name) for name in names)
    with pytest.raises(InputError, match="there is no variant 'our': did you mean 'ours'"):
        validate(Chosen, values | {"only": ["our"]}, Path("p.yaml"))
