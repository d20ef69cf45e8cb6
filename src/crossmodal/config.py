"""Settings: models that say what may stand in `config/`, and one function that resolves a run.

A run is resolved from three layers, the later over the earlier: the paper's settings file, what
the edition overlays on it, and the overrides of the command line.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal, Self, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from crossmodal.errors import InputError

CONFIG = Path("config")
OWN = "own"
"""The edition of one's own videos, the only one that is about a corpus with a name."""
BENCHMARK = "benchmark"
"""May stand where a paper's name stands: it has settings and artefacts as a paper has."""

Source = Literal["synthetic", "download", "own"]
SettingsT = TypeVar("SettingsT", bound="Settings")


class Settings(BaseModel):
    """Base of all settings: unknown keys are refused, values never change after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class WorkflowSettings(Settings):
    """What to run: `config/config.yaml`, and `--config key=value` over it."""

    edition: str = Field(
        "demo", description="A file name in config/editions: smoke, demo, public, paper, own."
    )
    corpus: str | None = Field(
        None, description="With edition own: the name that `crossmodal init-corpus` gave."
    )
    papers: list[str] | None = Field(
        None, min_length=1, description="Papers to regenerate, by folder name; empty: all."
    )
    seeds: list[int] | None = Field(
        None, min_length=1, description="Seeds of every training; empty: those of the edition."
    )
    mirror: str | None = Field(
        None, description="A folder or URL that holds corpora; it then stands in for the internet."
    )
    data: str = Field("data", description="Folder of the corpora.")
    results: str = Field("results", description="Folder of everything that is computed.")
    overrides: dict[str, dict[str, Any]] = Field(
        {},
        description="Paper name or benchmark -> settings laid over its file, for one-off variants.",
    )

    @field_validator("mirror", "data", "results")
    @classmethod
    def _at_home(cls, path: str | None) -> str | None:
        """Put the home folder for `~`, which make and some shells leave as it is."""
        return str(Path(path).expanduser()) if path and path.startswith("~") else path

    @field_validator("data", "results")
    @classmethod
    def _has_no_braces(cls, path: str) -> str:
        if {"{", "}"} & set(path):
            raise ValueError(f"{path!r} has a brace, which Snakemake would read as a wildcard")
        return path


class WindowSettings(Settings):
    """How windows of a kind are cut."""

    limit_share: float = Field(
        0.05, ge=0, le=1, description="Share of the clips that damaged files may set aside."
    )


class CmcganWindows(WindowSettings):
    """How windows of the kind `cmcgan` are cut; clips that are cut already stay as they are."""

    step_ms: float = Field(500, gt=0, description="From the start of one window to the next.")


class DigitWindows(WindowSettings):
    """How windows of the kind `digits` are cut."""

    turns: int = Field(4, ge=1, description="Pictures that a training recording goes with.")


class DigitStringWindows(WindowSettings):
    """How windows of the kind `digit_strings` are composed; no string of digits occurs twice."""

    train: int = Field(4000, ge=1, description="Strings of the training set.")
    validation: int = Field(500, ge=1, description="Strings of the validation set.")
    test: int = Field(500, ge=1, description="Strings of the test set.")
    seed: int = Field(0, ge=0, description="Decides which strings, and what they are made of.")

    @model_validator(mode="after")
    def _are_there(self) -> DigitStringWindows:
        wanted = self.train + self.validation + self.test
        if wanted > 10_000:
            raise ValueError(f"{wanted} strings of four digits are asked for, and there are 10000")
        return self


class WindowChoice(Settings):
    """Kinds of windows to cut from a corpus."""

    facevoice: WindowSettings | None = Field(None, description="0.5 s of a speaker, 13 frames.")
    cmcgan: CmcganWindows | None = Field(None, description="0.5 s and its first frame.")
    msvae: WindowSettings | None = Field(None, description="An utterance and four faces.")
    captions: WindowSettings | None = Field(None, description="A spoken caption and its image.")
    digits: DigitWindows | None = Field(None, description="A spoken and a written digit.")
    digit_strings: DigitStringWindows | None = Field(
        None, description="Four digits spoken and the same written."
    )


class CorpusChoice(Settings):
    """Where one corpus of an edition comes from."""

    source: Source = Field("synthetic", description="synthetic (a stand-in), download, or own.")
    generator: dict[str, Any] = Field({}, description="Arguments of the stand-in's generator.")
    reader: dict[str, Any] = Field({}, description="Arguments of the corpus's reader.")
    parts: list[str] = Field([], description="Optional parts of a download wanted as well.")
    windows: WindowChoice = Field(
        WindowChoice.model_validate({}),
        description="Kind of window -> settings; none: the corpus's usual kind.",
    )
    shards: int = Field(1, ge=1, description="Jobs that share out the alignment of the corpus.")


class Edition(Settings):
    """One file in `config/editions/`: how much of everything."""

    title: str = Field(description="One line for the report.")
    seeds: list[int] = Field([0, 1, 2], min_length=1, description="Seeds of every training.")
    corpora: dict[str, CorpusChoice] = Field({}, description="Corpus name -> source.")
    papers: dict[str, dict[str, Any]] = Field(
        {}, description="Paper name -> settings laid over its file."
    )
    benchmark: dict[str, Any] = Field(
        {}, description="Settings laid over benchmark.yaml: which tasks run. None: none."
    )


class Artefact(Settings):
    """One figure or table to regenerate."""

    kind: Literal["figure", "table"]
    title: str
    caption: str
    sounds: bool = Field(default=False, description="Whether the report plays sounds beside it.")


Stage = Literal["tune", "train", "evaluate"]


class Resources(Settings):
    """What a job of a stage is given at its first attempt; the next ones get twice, three times."""

    mem_mb: int = Field(default=8000, ge=1, description="Memory, MB.")
    runtime_min: int = Field(default=240, ge=1, description="Time, minutes.")


class PaperBase(Settings):
    """What the settings of every paper have."""

    corpora: list[str] = Field(min_length=1, description="Corpora it runs on, by name.")
    variants: Mapping[str, Settings] = Field(description="Its model, baselines and ablations.")
    only: list[str] = Field([], description="Variants to run; empty: all of them.")
    artefacts: dict[str, Artefact] = Field(description="Figures and tables, by function name.")
    resources: dict[Stage, Resources] = Field({}, description="Memory and time of its jobs.")

    @model_validator(mode="after")
    def _known(self) -> Self:
        for name in self.only:
            if name not in self.variants:
                near = difflib.get_close_matches(name, self.variants, n=1)
                known = f"did you mean {near[0]!r}?" if near else ", ".join(self.variants)
                raise ValueError(f"only: there is no variant {name!r}: {known}")
        return self

    def runs_variant(self, name: str) -> bool:
        """Tell whether a variant is among those to run."""
        return not self.only or name in self.only


def read_yaml(path: Path) -> dict[str, Any]:
    """Read a YAML mapping.

    Raises:
        InputError: The file is missing, is not YAML, or is not a mapping.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"cannot be read ({error})", file=path, hint="Give the name of an existing file"
        ) from error
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise InputError(
            f"is not YAML: {getattr(error, 'problem', error)}",
            file=path,
            field=f"line {mark.line + 1}" if mark else None,
            hint="Mend the indentation or the quotes there",
        ) from error
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise InputError("is not a mapping of keys to values", file=path, hint="Write `key: value`")
    return value


def overlay(base: Mapping[str, Any], *layers: Mapping[str, Any]) -> dict[str, Any]:
    """Lay mappings over each other, deeply; lists and scalars of a later layer replace."""
    merged = dict(base)
    for layer in layers:
        for key, value in layer.items():
            below = merged.get(key)
            both = isinstance(below, Mapping) and isinstance(value, Mapping)
            merged[key] = overlay(below, value) if both else value  # type: ignore[arg-type]
    return merged


def layered(model: type[SettingsT], *layers: Settings | Mapping[str, Any]) -> SettingsT:
    """Lay settings over each other: only what a layer sets counts, not its model's defaults."""
    given = (
        layer.model_dump(exclude_unset=True) if isinstance(layer, Settings) else layer
        for layer in layers
    )
    return model.model_validate(overlay({}, *given))


def validate(model: type[SettingsT], values: Mapping[str, Any], file: Path) -> SettingsT:
    """Turn a mapping into settings; the first thing wrong becomes one clear line.

    Raises:
        InputError: An unknown key (with the nearest known one), a wrong type or value.
    """
    try:
        return model.model_validate(dict(values))
    except ValidationError as error:
        # A misspelt key is both unknown and missing; only the first of the two says what to mend.
        first = min(error.errors(), key=lambda entry: entry["type"] != "extra_forbidden")
        field = ".".join(str(part) for part in first["loc"])
        if first["type"] == "missing":
            raise InputError("is missing", file=file, field=field, hint="Add it") from error
        if first["type"] == "extra_forbidden":
            known = _known_keys(model, first["loc"][:-1])
            near = difflib.get_close_matches(str(first["loc"][-1]), known, n=1)
            hint = f"Did you mean `{near[0]}`?" if near else f"Known keys: {', '.join(known)}"
            raise InputError("unknown key", file=file, field=field, hint=hint) from error
        problem = f"{first['msg'][:1].lower()}{first['msg'][1:]} (got {first['input']!r})"
        if first["type"] == "value_error":  # from a validator of ours, which says it all
            problem = str(first["ctx"]["error"])
        raise InputError(
            problem, file=file, field=field or None, hint="Correct the value"
        ) from error


def _known_keys(model: type[BaseModel], location: tuple[int | str, ...]) -> list[str]:
    """Return the keys allowed at a location, by walking the model's JSON schema."""
    schema = model.model_json_schema()
    node: dict[str, Any] = schema
    for part in location:
        node = _dereference(node, schema)
        inner = node.get("properties", {}).get(part) or node.get("additionalProperties")
        node = inner if isinstance(inner, dict) else {}
    return list(_dereference(node, schema).get("properties", {}))


def _dereference(node: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    for option in (node, *node.get("anyOf", [])):
        if "$ref" in option:
            found: dict[str, Any] = schema["$defs"][option["$ref"].rsplit("/", 1)[1]]
            return found
    return node


def load_workflow(values: Mapping[str, Any], config: Path = CONFIG) -> WorkflowSettings:
    """Validate what the workflow runs with (`config.yaml` and `--config` together)."""
    path = config / "config.yaml"
    settings = validate(WorkflowSettings, values, path)
    if (settings.corpus is None) == (settings.edition == OWN):
        has = "no corpus is named" if settings.corpus is None else f"named for {settings.edition}"
        raise InputError(
            has,
            file=path,
            field="corpus",
            hint=f"Write --config edition={OWN} corpus=NAME, after crossmodal init-corpus FOLDER",
        )
    _check_papers(settings.papers or [], path, "papers", config)
    others = [name for name in settings.overrides if name != BENCHMARK]
    _check_papers(others, path, "overrides", config)
    return settings


def load_edition(name: str, config: Path = CONFIG) -> Edition:
    """Load `config/editions/<name>.yaml`.

    Raises:
        InputError: There is no such edition, or its file does not fit.
    """
    path = config / "editions" / f"{name}.yaml"
    if not path.is_file():
        known = sorted(file.stem for file in path.parent.glob("*.yaml"))
        raise InputError(
            f"there is no edition {name!r}", file=path, hint=f"Choose one of: {', '.join(known)}"
        )
    edition = validate(Edition, read_yaml(path), path)
    _check_papers(edition.papers, path, "papers", config)
    return edition


def known_papers(config: Path = CONFIG) -> list[str]:
    """Return the papers that have a settings file, by name."""
    return sorted(path.stem for path in (config / "papers").glob("*.yaml"))


def _check_papers(names: Iterable[str], file: Path, field: str, config: Path) -> None:
    known = known_papers(config)
    for name in names:
        if name not in known:
            raise InputError(
                f"there is no paper {name!r}",
                file=file,
                field=field,
                hint=f"Choose from: {', '.join(known)}",
            )


def resolve(
    model: type[SettingsT],
    paper: str,
    edition: Edition,
    overrides: Mapping[str, Any] | None = None,
    config: Path = CONFIG,
) -> SettingsT:
    """Resolve the settings of a paper or of `benchmark`: file, edition's overlay, overrides."""
    path = config / "papers" / f"{paper}.yaml"
    own = edition.papers.get(paper, {})
    if paper == BENCHMARK:
        path, own = config / f"{BENCHMARK}.yaml", edition.benchmark
    return validate(model, overlay(read_yaml(path), own, overrides or {}), path)
