"""Reader of NUS-WIDE-10K, chosen from a folder in the published layout of NUS-WIDE.

NUS-WIDE-10K has ten concepts with 1,000 images each, every image showing exactly one of the ten
(Feng, Wang, Li, Cross-modal retrieval with correspondence autoencoder, ACM MM 2014). The ids of
its images are not part of the distribution, so the choice is made here, by seed: another group's
NUS-WIDE-10K holds other images. Files read, all in the order of `ImageList/Imagelist.txt`
(which separates folders by a backslash):

- `ConceptsList/Concepts81.txt`, `Groundtruth/AllLabels/Labels_<concept>.txt`: 0 or 1 a line;
- `NUS_WID_Tags/AllTags1k.txt`: 1,000 zeros and ones a line; `TagList1k.txt` names them;
- `Low_Level_Features/BoW_int.dat`: 500 counts a line, a SIFT bag of visual words;
- `Flickr/<folder>/<name>.jpg`: the images, when at hand.

Source: Chua et al., NUS-WIDE: a real-world web image database, CIVR 2009.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from crossmodal.errors import InputError
from crossmodal.progress import progress

CONCEPTS = (
    "animal",
    "clouds",
    "flowers",
    "food",
    "grass",
    "person",
    "sky",
    "toy",
    "water",
    "window",
)
WORDS = 500
TAGS = 1000
IMAGE_LIST = Path("ImageList/Imagelist.txt")
TAG_ROWS = Path("NUS_WID_Tags/AllTags1k.txt")
WORD_ROWS = Path("Low_Level_Features/BoW_int.dat")


def read(
    folder: Path, *, per_class: int = 1000, validation: int = 1000, test: int = 1000, seed: int = 0
) -> pd.DataFrame:
    """Choose the images and split them, the same way for the same seed.

    Args:
        validation: Images of the validation set, all concepts together; a multiple of ten.
        test: Images of the test set; a multiple of ten. The rest is for training.

    Returns:
        A manifest in the order train, validation, test and of the published files within each.
        `clip` is the image's folder and name, `source` the Flickr photo's number, `row` the line
        in the published files counted from 0; `image` is relative to the folder and empty when
        there is no `Flickr` folder. The text is the image's tags, so `text` is empty.

    Raises:
        InputError: A file is missing or misshapen, or a concept has too few images.
    """
    folder = Path(folder)
    classes = len(CONCEPTS)
    if validation % classes or test % classes or validation + test >= per_class * classes:
        raise InputError(
            f"{validation} validation and {test} test images do not split {per_class} a concept",
            field="validation, test",
            hint=f"Use multiples of {classes} that leave training images",
        )
    names = _image_names(folder)
    concept = _single_concept(folder, len(names))
    generator = np.random.default_rng(seed)
    parts = []
    for index, label in enumerate(CONCEPTS):
        candidates = np.flatnonzero(concept == index)
        if len(candidates) < per_class:
            raise InputError(
                f"{len(candidates)} images show {label} and none of the other nine concepts, "
                f"{per_class} are needed",
                file=folder / "Groundtruth" / "AllLabels",
                field=label,
                hint="Ask for fewer images a concept",
            )
        chosen = generator.permutation(candidates)[:per_class]
        order = np.full(per_class, "train", dtype=object)
        order[: test // classes] = "test"
        order[test // classes : (test + validation) // classes] = "validation"
        parts.append(pd.DataFrame({"row": chosen, "split": order, "label": label}))
    frame = pd.concat(parts)
    frame["rank"] = frame["split"].map({"train": 0, "validation": 1, "test": 2})
    frame = frame.sort_values(["rank", "row"], ignore_index=True)
    clips = [names[row] for row in frame["row"]]
    return pd.DataFrame(
        {
            "clip": [clip.removesuffix(".jpg") for clip in clips],
            "split": frame["split"].astype(str),
            "label": frame["label"].astype(str),
            "person": "",
            "source": [clip.removesuffix(".jpg").rpartition("_")[2] for clip in clips],
            "start_s": np.nan,
            "end_s": np.nan,
            "image": _image_paths(folder, clips),
            "text": "",
            "row": frame["row"].astype(str),
        }
    )


def word_counts(folder: Path, manifest: pd.DataFrame) -> NDArray[np.float32]:
    """Return the published visual-word counts of the manifest's rows, [n, 500].

    Raises:
        InputError: The file is missing or a row does not hold 500 counts.
    """
    return _selected_rows(Path(folder), WORD_ROWS, manifest, WORDS, largest=None)


def tag_indicators(folder: Path, manifest: pd.DataFrame) -> NDArray[np.float32]:
    """Return the published tags of the manifest's rows as zeros and ones, [n, 1000].

    Raises:
        InputError: The file is missing or a row does not hold 1,000 zeros and ones.
    """
    return _selected_rows(Path(folder), TAG_ROWS, manifest, TAGS, largest=1)


def _existing(path: Path) -> Path:
    if not path.is_file():
        raise InputError(
            "there is no such file",
            file=path,
            hint="Point at a folder in the published layout of NUS-WIDE",
        )
    return path


def _image_names(folder: Path) -> list[str]:
    """Return every image as folder/name.jpg, in the published order."""
    path = _existing(folder / IMAGE_LIST)
    lines = path.read_text(encoding="latin-1").splitlines()
    names = [line.strip().replace("\\", "/").removeprefix("./") for line in lines if line.strip()]
    for number, name in enumerate(names, start=1):
        if name.startswith("/") or ".." in name.split("/"):
            raise InputError(
                f"{name!r} leads out of the folder",
                file=path,
                field=f"line {number}",
                hint="Download the list again",
            )
    if len(set(names)) != len(names):
        raise InputError("an image is listed twice", file=path, hint="Download the list again")
    return names


def _single_concept(folder: Path, rows: int) -> NDArray[np.int64]:
    """Return for each image the one concept of the ten it shows, or -1."""
    path = _existing(folder / "ConceptsList" / "Concepts81.txt")
    absent = set(CONCEPTS) - set(path.read_text(encoding="utf-8", errors="replace").split())
    if absent:
        raise InputError(
            f"the list lacks {', '.join(sorted(absent))}", file=path, hint="Download the list again"
        )
    shown = np.stack([_labels(folder, concept, rows) for concept in CONCEPTS], axis=1)
    return np.where(shown.sum(axis=1) == 1, shown.argmax(axis=1), -1)


def _labels(folder: Path, concept: str, rows: int) -> NDArray[np.bool_]:
    path = _existing(folder / "Groundtruth" / "AllLabels" / f"Labels_{concept}.txt")
    values = np.array(path.read_bytes().split())
    if len(values) != rows:
        raise InputError(
            f"{len(values)} labels for {rows} images",
            file=path,
            hint="Take the labels and the image list from the same distribution",
        )
    if not np.isin(values, (b"0", b"1")).all():
        raise InputError("a label is not 0 or 1", file=path, hint="Download the file again")
    return np.asarray(values == b"1", dtype=np.bool_)


def _image_paths(folder: Path, clips: list[str]) -> list[str]:
    if not (folder / "Flickr").is_dir():
        return [""] * len(clips)
    paths = [f"Flickr/{clip}" for clip in clips]
    missing = [path for path in paths if not (folder / path).is_file()]
    if missing:
        raise InputError(
            f"{len(missing)} of {len(paths)} chosen images are missing, the first is {missing[0]}",
            file=folder / "Flickr",
            hint="Complete the images, or remove Flickr/ to go without",
        )
    return paths


def _selected_rows(
    folder: Path, name: Path, manifest: pd.DataFrame, width: int, largest: int | None
) -> NDArray[np.float32]:
    """Read some lines of a text matrix without holding the others (the tags take 540 MB)."""
    path = _existing(folder / name)
    if "row" not in manifest or not manifest["row"].str.isdecimal().all():
        raise InputError(
            "the manifest does not say which rows it was chosen from",
            file=path,
            field="row",
            hint="Write the manifest again from this folder",
        )
    position = {int(row): index for index, row in enumerate(manifest["row"])}
    matrix = np.zeros((len(manifest), width), dtype=np.float32)
    found = 0
    with path.open("rb") as stream:
        for number, line in enumerate(progress(stream, title=f"reading {path.name}", unit="row")):
            index = position.get(number)
            if index is None:
                continue
            found += 1
            fields = line.split()
            try:
                values = np.array(fields).astype(np.int64)
            except ValueError:
                values = np.array([-1])
            if len(fields) != width or values.min() < 0 or values.max() > (largest or values.max()):
                raise InputError(
                    f"not {width} whole numbers from 0 {f'to {largest}' if largest else 'up'}",
                    file=path,
                    field=f"line {number + 1}",
                    hint="Download the file again",
                )
            matrix[index] = values
    if found != len(manifest):
        raise InputError(
            f"{len(manifest) - found} of the manifest's {len(manifest)} rows lie past its end",
            file=path,
            hint="Download the file again, or write the manifest again",
        )
    return matrix
