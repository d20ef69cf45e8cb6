"""The registry of corpora: what to download, from where, under which terms, and what must result.

The registry is a YAML file (`config/corpora.yaml`). A corpus has named parts; a part has the
files that must lie in the corpus folder afterwards, and the downloads that bring them. A copy
placed by hand, copied from a mirror or downloaded is checked by the same list of files.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from crossmodal.errors import InputError

Access = Literal["open", "form", "agreement", "bring-your-own"]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Count = Annotated[int, Field(ge=1)]

_ACCESS_TEXT: dict[Access, str] = {
    "open": "has files that must be fetched by hand",
    "form": "is given out after filling in a form",
    "agreement": "is given out under a signed agreement",
    "bring-your-own": "must be brought by you",
}


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Unpack(_Entry):
    """How an archive is unpacked into the corpus folder.

    Attributes:
        strip_prefix: Folder inside the archive whose contents are taken, the folder itself
            dropped; members outside it are left out. "auto": the one folder everything lies in,
            where there is one. None: the archive as it is.
        folder: Folder below the corpus folder that the files go into; None: the corpus folder.
        max_bytes: Upper bound of the unpacked size; that much disk space is asked for first.
    """

    strip_prefix: str | None = None
    folder: Annotated[str, Field(pattern=r"^[A-Za-z0-9][^/\\]*$")] | None = None
    max_bytes: Count


class Download(_Entry):
    """One file to fetch; what is not known about it is None.

    Attributes:
        file: Name of the file, in the corpus folder and on a mirror, with folders where it lies
            below.
        url: Where it lies; None when it can only be fetched by hand.
        sha256_prefix: The first digits of its SHA-256, as in the names of PyTorch's weights.
        md5: Its MD5, where nothing better was published.
        unpack: Given for an archive; without it the file itself belongs into the corpus folder.
        optional: A mirror's address may lack it; the files of its part decide what is needed.
        note: What was not verified about this entry, and when.
    """

    file: Annotated[str, Field(pattern=r"^[A-Za-z0-9][^/\\]*(/[A-Za-z0-9][^/\\]*)*$")]
    url: Annotated[str, Field(pattern=r"^https?://")] | None
    bytes: Count | None = None
    sha256: Sha256 | None = None
    sha256_prefix: Annotated[str, Field(pattern=r"^[0-9a-f]{8,63}$")] | None = None
    md5: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")] | None = None
    unpack: Unpack | None = None
    optional: bool = False
    note: str | None = None

    @property
    def has_checksum(self) -> bool:
        """Whether the content can be checked after the download."""
        return any((self.sha256, self.sha256_prefix, self.md5))


class FileSpec(_Entry):
    """Files that must lie in the corpus folder.

    Attributes:
        path: Path relative to the corpus folder, or a glob pattern (`*`, `?`, `**`).
        at_least: How many files must match a pattern.
        published: How many match it in the whole corpus, where a part of them is of use too.
        bytes: Size of the file; only for a path.
        sha256: SHA-256 of the file; only for a path.
    """

    path: str
    at_least: Count = 1
    published: Count | None = None
    bytes: Count | None = None
    sha256: Sha256 | None = None

    @field_validator("path")
    @classmethod
    def _relative(cls, path: str) -> str:
        pure = PurePosixPath(path)
        if not path or pure.is_absolute() or ".." in pure.parts or "\\" in path:
            raise ValueError("must be a relative path with forward slashes and without '..'")
        return path

    @model_validator(mode="after")
    def _only_a_path_has_a_checksum(self) -> FileSpec:
        if self.is_pattern and (self.bytes is not None or self.sha256 is not None):
            raise ValueError("a pattern can have neither bytes nor sha256")
        return self

    @property
    def is_pattern(self) -> bool:
        """Whether `path` is a glob pattern."""
        return any(sign in self.path for sign in "*?[")

    def matches(self, folder: Path) -> list[Path]:
        """Return the files under `folder` that match, sorted, hidden ones left out."""
        found = folder.glob(self.path) if self.is_pattern else iter([folder / self.path])
        return sorted(
            path
            for path in found
            if path.is_file()
            and not any(name.startswith(".") for name in path.relative_to(folder).parts)
        )

    def missing_in(self, folder: Path) -> str | None:
        """Return what is missing in `folder`, or None; looks at names and sizes only."""
        found = self.matches(folder)
        if len(found) < self.at_least:
            wanted = f" ({len(found)} of at least {self.at_least} files)" if self.is_pattern else ""
            return f"{self.path}{wanted}"
        if self.bytes is not None and found[0].stat().st_size != self.bytes:
            return f"{self.path} ({found[0].stat().st_size} instead of {self.bytes} bytes)"
        return None


class Part(_Entry):
    """A part of a corpus that is had as a whole or not at all.

    Attributes:
        required: Whether the corpus is of use only with it.
        downloads: What brings the files; empty when they can only be placed by hand.
        files: What must lie in the corpus folder.
    """

    required: bool = True
    downloads: list[Download] = []
    files: Annotated[list[FileSpec], Field(min_length=1)]

    def missing_in(self, folder: Path) -> str | None:
        """Return the first thing missing in `folder`, or None; looks at names and sizes only."""
        return next(
            (lack for spec in self.files if (lack := spec.missing_in(folder)) is not None), None
        )

    def absent_in(self, *folders: Path) -> str | None:
        """Return how many of the published files all folders together lack, or None."""
        lacks = [
            f"{len(found)} of {spec.published} files {spec.path}"
            for spec in self.files
            if spec.published is not None
            and len(found := {p.relative_to(f) for f in folders for p in spec.matches(f)})
            < spec.published
        ]
        return ", ".join(lacks) or None

    def further_on(self, mirror: Path, folder: Path) -> list[Path]:
        """List the files of a mirror's folder, of those that need not be complete, to add."""
        return [
            path
            for spec in self.files
            if spec.published is not None
            for path in spec.matches(mirror)
            if not (folder / path.relative_to(mirror)).is_file()
        ]

    def lies_on(self, mirror: Path) -> bool:
        """Whether a mirror's folder of this corpus holds the files, or all the downloads."""
        archives = bool(self.downloads) and all((mirror / d.file).is_file() for d in self.downloads)
        return archives or self.missing_in(mirror) is None

    def can_be_fetched(self, folder: Path) -> bool:
        """Whether every download has an address or was placed in `folder` by hand."""
        return bool(self.downloads) and all(
            download.url is not None or (folder / download.file).is_file()
            for download in self.downloads
        )


class Corpus(_Entry):
    """One corpus of the registry.

    Attributes:
        title: Its name in prose.
        homepage: Where it is described.
        licence: Terms of use, as its makers state them.
        citation: What its makers ask to be cited.
        access: Who may have it, and how.
        ask: Where to ask for it and what to do with what one gets, in full sentences.
        mirror_name: Name of its folder on a mirror, when not `name`; "." where the corpus is put
            together from folders of the mirror.
        parts: Its parts by name.
        examples: Pairs, captions or clips by split that its reader gives of the whole published
            corpus, about; for estimates.
    """

    name: str
    title: str
    homepage: str
    licence: str
    citation: str
    access: Access
    ask: str | None = None
    mirror_name: str | None = None
    parts: Annotated[dict[str, Part], Field(min_length=1)]
    examples: dict[Literal["train", "validation", "test"], int] | None = None

    @model_validator(mode="after")
    def _says_where_to_ask(self) -> Corpus:
        by_hand = any(
            not part.downloads or any(d.url is None for d in part.downloads)
            for part in self.parts.values()
        )
        if by_hand and self.ask is None:
            raise ValueError("ask is needed, because not every download has a url")
        return self

    @property
    def mirror_folder(self) -> str:
        """Name of the folder of this corpus on a mirror."""
        return self.mirror_name or self.name

    def chosen_parts(self, also: Collection[str] = ()) -> dict[str, Part]:
        """Return the required parts and the optional ones named in `also`."""
        for name in also:
            if name not in self.parts:
                raise InputError(
                    f"corpus {self.name} has no part {name!r}", hint=_nearest(name, self.parts)
                )
        return {
            name: part for name, part in self.parts.items() if part.required or name in set(also)
        }


class Registry(_Entry):
    """All corpora by name."""

    corpora: dict[str, Corpus]

    def corpus(self, name: str) -> Corpus:
        """Return one corpus; an unknown name is an InputError with the nearest known one."""
        if name not in self.corpora:
            raise InputError(f"unknown corpus {name!r}", hint=_nearest(name, self.corpora))
        return self.corpora[name]


def load_registry(path: Path) -> Registry:
    """Read a registry file.

    Raises:
        InputError: The file cannot be read, is not YAML, or an entry is wrong; one line that
            names the entry and, for an unknown key, the nearest known one.
    """
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot be read: {error}", file=path, hint="Check the path") from error
    except yaml.YAMLError as error:
        raise InputError(f"is not YAML: {error}", file=path, hint="Correct that line") from error
    try:
        return Registry.model_validate(_with_names(raw))
    except ValidationError as error:
        raise _input_error(error, path) from error


def availability(
    corpus: Corpus, folder: Path, mirror: str | None, *, also: Collection[str] = ()
) -> str | None:
    """Return None when a corpus can be had, else the reason why not; never uses the network.

    Args:
        mirror: Folder or http(s) address of a mirror, or None for the original sources.
    """
    wanted = corpus.chosen_parts(also)
    lacking = {name: lack for name, part in wanted.items() if (lack := part.missing_in(folder))}
    if not lacking or (mirror is not None and is_url(mirror)):
        return None
    if mirror is not None:
        there = Path(mirror) / corpus.mirror_folder
        absent = [name for name in lacking if not wanted[name].lies_on(there)]
        if not absent:
            return None
        lack = wanted[absent[0]].missing_in(there)
        return f"the mirror's folder {there} lacks {lack}, needed for {corpus.title}"
    by_hand = [name for name in lacking if not wanted[name].can_be_fetched(folder)]
    if not by_hand:
        return None
    return (
        f"{corpus.title} {_ACCESS_TEXT[corpus.access]}, and {folder} lacks {lacking[by_hand[0]]}. "
        f"{(corpus.ask or '').strip()} Put what you get into {folder} (see {corpus.homepage})"
    )


def absences(
    corpus: Corpus, folder: Path, mirror: str | None, *, also: Collection[str] = ()
) -> list[str]:
    """Say what of a corpus that can be had is not at hand and is done without.

    The answer is the same before and after the corpus is brought into its folder. Of archives, a
    mirror's address and the original sources everything is expected.

    Args:
        corpus: As for `availability`, which has returned None.
    """
    folders = [folder]
    if mirror is not None and not is_url(mirror):
        folders.append(Path(mirror) / corpus.mirror_folder)
    return [
        lack
        for part in corpus.chosen_parts(also).values()
        # What lies nowhere yet comes out of archives, which hold all of it.
        if any(part.missing_in(place) is None for place in folders)
        if (lack := part.absent_in(*folders))
    ]


def is_url(mirror: str) -> bool:
    """Whether a mirror is an http(s) address, not a folder."""
    return mirror.lower().startswith(("http://", "https://"))


def _with_names(raw: Any) -> Any:
    """Give every corpus its key as its name; leave malformed parts to the validation."""
    if not isinstance(raw, dict) or not isinstance(raw.get("corpora"), dict):
        return raw
    named = {
        key: {**entry, "name": key} if isinstance(entry, dict) else entry
        for key, entry in raw["corpora"].items()
    }
    return {**raw, "corpora": named}


def _field_names() -> Iterator[str]:
    for model in (Registry, Corpus, Part, Download, FileSpec, Unpack):
        yield from model.model_fields


def _nearest(name: str, known: Collection[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return f"Did you mean {close[0]!r}?" if close else f"Known are: {', '.join(sorted(known))}"


def _input_error(error: ValidationError, path: Path) -> InputError:
    # A misspelt key is both unknown and missing; only the first of the two says what to mend.
    first = min(error.errors(), key=lambda entry: entry["type"] != "extra_forbidden")
    field = ".".join(str(step) for step in first["loc"])
    if first["type"] == "extra_forbidden":
        key = str(first["loc"][-1])
        return InputError(
            f"unknown key {key!r}",
            file=path,
            field=field,
            hint=_nearest(key, sorted(set(_field_names()))),
        )
    more = error.error_count() - 1
    return InputError(
        first["msg"] + (f" (and {more} more)" if more else ""),
        file=path,
        field=field or None,
        hint="See docs/adding-a-corpus.md for what an entry holds",
    )
