"""Reader of the Wikipedia image-text corpus in the layout of the SVCL archive.

A folder holds `categories.list`, `trainset_txt_img_cat.list` and `testset_txt_img_cat.list`
(text id, image id, category from 1, separated by tabs), and either or both of

- `raw_features.mat`: the published features, `I_tr`, `I_te` [n, 128] and `T_tr`, `T_te` [n, 10];
- the media: `images/<category>/<image id>.jpg` and `texts/<text id>.xml`.

Source: Rasiwasia et al., A new approach to cross-modal multimedia retrieval, ACM MM 2010.
The published lists draw train and test documents from shared articles: `source` is the article,
so that whoever wants a split by article can make one.
"""

from __future__ import annotations

import html
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import scipy.io
from numpy.typing import NDArray

from crossmodal.errors import InputError

LISTS = {"train": "trainset_txt_img_cat.list", "test": "testset_txt_img_cat.list"}
VARIABLES = {"image_bow": ("I_tr", "I_te", 128), "text_lda": ("T_tr", "T_te", 10)}
"""Feature name -> variable of the training rows, of the test rows, number of columns."""

_TEXT = re.compile(r"<text\b[^>]*>(.*?)</text>", re.DOTALL)
_TAG = re.compile(r"<[^>]+>")


def read(folder: Path) -> pd.DataFrame:
    """Read the published lists into a manifest.

    Returns:
        One row a document, training rows first, in the order of the lists. `clip` is the text
        id (numbered from the second on where an id repeats), `label` the category's name,
        `source` the article's id; `image` and `text` are paths relative to the folder, empty
        when the folder has no media of that kind.

    Raises:
        InputError: A list is missing or has a wrong line, or names media that are missing from
            an existing media folder.
    """
    folder = Path(folder)
    categories = [line.strip() for line in _lines(folder / "categories.list")]
    rows = [
        (split, *_fields(folder / name, number, line, categories))
        for split, name in LISTS.items()
        for number, line in enumerate(_lines(folder / name), start=1)
    ]
    frame = pd.DataFrame(rows, columns=["split", "text_id", "image_id", "label"], dtype=str)
    images = "images/" + frame["label"] + "/" + frame["image_id"] + ".jpg"
    texts = "texts/" + frame["text_id"] + ".xml"
    return pd.DataFrame(
        {
            "clip": _unique(frame["text_id"].tolist()),
            "split": frame["split"],
            "label": frame["label"],
            "person": "",
            "source": frame["text_id"].str.partition("-")[0],
            "start_s": np.nan,
            "end_s": np.nan,
            "image": _present(folder, "images", images),
            "text": _present(folder, "texts", texts),
        }
    )


def published_features(folder: Path) -> dict[str, NDArray[np.float32]]:
    """Read `raw_features.mat`, row-aligned with `read`.

    Returns:
        `image_bow` [n, 128]: L1-normalised SIFT bag of visual words; `text_lda` [n, 10]: topic
        proportions.

    Raises:
        InputError: The file is missing or truncated, lacks a variable, holds NaN or infinity,
            or its shapes do not fit the lists.
    """
    folder = Path(folder)
    path = folder / "raw_features.mat"
    if not path.is_file():
        raise InputError(
            "there is no such file", file=path, hint="Download it, or compute the features"
        )
    try:
        variables = scipy.io.loadmat(path)
    except Exception as error:  # a damaged file makes scipy raise a dozen unrelated kinds
        raise InputError(
            f"not a readable MATLAB file ({error})", file=path, hint="Download it again"
        ) from error
    rows = {split: len(_lines(folder / name)) for split, name in LISTS.items()}
    return {
        name: np.concatenate(
            [
                _matrix(variables, path, train, (rows["train"], width)),
                _matrix(variables, path, test, (rows["test"], width)),
            ]
        )
        for name, (train, test, width) in VARIABLES.items()
    }


def read_text(path: Path) -> str:
    """Return the plain text of a document: the content of its `<text>` elements.

    The archive's files are not all well-formed XML, so the element is found by its tags.

    Raises:
        InputError: The file is missing or has no `<text>` element.
    """
    try:
        content = Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise InputError(
            f"cannot be read ({error.strerror})", file=path, hint="Unpack the archive again"
        ) from error
    found = _TEXT.findall(content)
    if not found:
        raise InputError("there is no <text> element", file=path, hint="Unpack the archive again")
    return html.unescape(_TAG.sub(" ", " ".join(found))).strip()


def _lines(path: Path) -> list[str]:
    if not path.is_file():
        raise InputError(
            "there is no such file", file=path, hint="Point at a folder in the published layout"
        )
    return [
        line
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines()
        if line.strip()
    ]


def _fields(path: Path, number: int, line: str, categories: list[str]) -> tuple[str, str, str]:
    """Split one line of a list into text id, image id and the category's name."""
    fields = line.split("\t")
    if len(fields) != 3:
        raise InputError(
            f"{len(fields)} fields instead of 3",
            file=path,
            field=f"line {number}",
            hint="Write text id, image id and category, separated by tabs",
        )
    text_id, image_id, category = (field.strip() for field in fields)
    if any(part in ("", ".", "..") or "/" in part or "\\" in part for part in (text_id, image_id)):
        raise InputError(
            "an id is empty or holds a path",
            file=path,
            field=f"line {number}",
            hint="Write plain ids",
        )
    if not category.isdecimal() or not 1 <= int(category) <= len(categories):
        raise InputError(
            f"{category!r} is no category",
            file=path,
            field=f"line {number}",
            hint=f"Use a number from 1 to {len(categories)}",
        )
    return text_id, image_id, categories[int(category) - 1]


def _unique(names: list[str]) -> list[str]:
    seen: Counter[str] = Counter()
    unique = []
    for name in names:
        seen[name] += 1
        unique.append(name if seen[name] == 1 else f"{name}#{seen[name]}")
    return unique


def _present(folder: Path, kind: str, paths: pd.Series) -> pd.Series:
    """Return the paths, or empty strings when the folder has no media of this kind."""
    if not (folder / kind).is_dir():
        return pd.Series("", index=paths.index, dtype=str)
    missing = [path for path in paths if not (folder / path).is_file()]
    if missing:
        raise InputError(
            f"{len(missing)} of {len(paths)} files are missing, the first is {missing[0]}",
            file=folder / kind,
            hint=f"Unpack the archive again, or remove {kind}/ to go without",
        )
    return paths


def _matrix(
    variables: dict[str, object], path: Path, name: str, shape: tuple[int, int]
) -> NDArray[np.float32]:
    if name not in variables:
        raise InputError(
            "the variable is missing", file=path, field=name, hint="Download the file again"
        )
    matrix = np.asarray(variables[name])
    if matrix.shape != shape:
        raise InputError(
            f"shape {matrix.shape} instead of {shape}",
            file=path,
            field=name,
            hint="Take the features and the lists from the same archive",
        )
    if matrix.dtype.kind not in "fiu" or not np.isfinite(matrix).all():
        raise InputError(
            "a value is not a finite number", file=path, field=name, hint="Download the file again"
        )
    return matrix.astype(np.float32)
