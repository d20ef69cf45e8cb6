"""Stand-in of NUS-WIDE, from which NUS-WIDE-10K is chosen: drawn pictures and drawn tags.

Beside the images with exactly one of the ten concepts there are some with two and some with none,
as in the published corpus. Nothing is chosen from those, so the codebook of `BoW_int.dat` is
learned on them, and no feature has seen a test image, whichever images the reader picks.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from crossmodal.corpora import nuswide10k
from crossmodal.corpora.contents import write_contents
from crossmodal.errors import InputError
from crossmodal.features import image, text
from crossmodal.files import atomic_path, write_text
from crossmodal.progress import progress
from crossmodal_standins.drawing import draw_picture, encode_jpeg
from crossmodal_standins.topics import (
    NUSWIDE,
    NUSWIDE_BACKGROUND,
    Difficulty,
    draw_mixture,
    draw_words,
    word_list,
)

CONCEPTS81 = word_list(
    """airport animal beach bear birds boats book bridge buildings cars castle cat cityscape clouds
    computer coral cow dancing dog earthquake elk fire fish flags flowers food fox frost garden
    glacier grass harbor horses house lake leaf map military moon mountain nighttime ocean person
    plane plants police protest railroad rainbow reflection road rocks running sand sign sky snow
    soccer sports statue street sun sunset surf swimmers tattoo temple tiger tower town
    toy train tree valley vehicle water waterfall wedding whales window zebra"""
)
DIFFICULTY = Difficulty(
    own_topic=(0.45, 0.9), stray_elements=0.2, background_words=0.35, words=(4, 15)
)
"""Tags are few, four to fourteen, and the features many, so a document is purer than an article."""

_SYLLABLES = ("ba", "cor", "del", "fen", "gal", "hol", "kin", "lor", "mar", "nor")


def synthesize(
    folder: Path, *, per_class: int, seed: int, difficulty: Difficulty = DIFFICULTY
) -> None:
    """Write the stand-in in the layout `crossmodal.corpora.nuswide10k` reads.

    `truth.csv` has a row an image: its clip and the share of each concept in its mixture.

    Args:
        folder: Where to write; files of the same names are replaced.
        per_class: Images showing exactly one concept, for each of the ten; at least 2. A quarter
            as many show two or none.
        seed: The same seed gives the same bytes, whatever the number of threads.
        difficulty: How hard the documents are; `words` counts tags.

    Raises:
        InputError: Too few images are asked for.
    """
    if per_class < 2:
        raise InputError(
            f"{per_class} images a concept are too few",
            field="per_class",
            hint="Ask for at least 2",
        )
    folder = Path(folder)
    (folder / "contents.csv").unlink(missing_ok=True)
    generator = np.random.default_rng(seed)
    shown = _plan(generator, per_class)
    clips = _names(generator, shown)
    vocabulary = tag_vocabulary()
    mixtures, tag_lists, pictures = [], [], []
    for own, clip in progress(
        zip(shown, clips, strict=True), title="drawing", total=len(clips), unit="image"
    ):
        mixture = draw_mixture(generator, own, len(NUSWIDE), difficulty)
        mixtures.append(mixture)
        pictures.append(folder / "Flickr" / f"{clip}.jpg")
        with atomic_path(pictures[-1]) as temporary:
            temporary.write_bytes(
                encode_jpeg(draw_picture(generator, NUSWIDE, mixture, difficulty))
            )
        tag_lists.append(_tags(generator, mixture, vocabulary, difficulty))
    words = image.sift_word_counts(
        pictures, np.array([len(own) != 1 for own in shown]), nuswide10k.WORDS, seed
    )
    files = [*pictures, *_write_concepts(folder, shown)]
    tables = {
        nuswide10k.IMAGE_LIST: [clip.replace("/", "\\") + ".jpg" for clip in clips],
        nuswide10k.TAG_ROWS: _rows(text.tags(tag_lists, vocabulary).astype(int), "\t"),
        nuswide10k.TAG_ROWS.with_name("TagList1k.txt"): list(vocabulary),
        nuswide10k.WORD_ROWS: _rows(words, " "),
    }
    for name, lines in tables.items():
        files.append(_write_lines(folder / name, lines))
    files.append(_write_truth(folder, clips, np.stack(mixtures)))
    write_contents(folder, files)


def tag_vocabulary() -> tuple[str, ...]:
    """Return the 1,000 tags: those of the topics, the background's, then invented place names."""
    known = dict.fromkeys(word for topic in NUSWIDE for word in topic.words)
    known |= dict.fromkeys(NUSWIDE_BACKGROUND)
    places = (a + b + c for a in _SYLLABLES for b in _SYLLABLES for c in _SYLLABLES)
    known |= dict.fromkeys(place for place in places if place not in known)
    return tuple(known)[: nuswide10k.TAGS]


def _plan(generator: np.random.Generator, per_class: int) -> list[tuple[int, ...]]:
    """Return which of the ten concepts each image shows, in a shuffled order."""
    classes = len(NUSWIDE)
    single = [(index,) for index in range(classes) for _ in range(per_class)]
    more = max(20, per_class * classes // 4)
    pairs = [tuple(sorted(generator.choice(classes, 2, replace=False))) for _ in range(more // 2)]
    plan: list[tuple[int, ...]] = [*single, *pairs, *[()] * (more - len(pairs))]
    return [plan[index] for index in generator.permutation(len(plan))]


def _names(generator: np.random.Generator, shown: list[tuple[int, ...]]) -> list[str]:
    """Name images as Flickr's were: folder of a search word, number within it, photo number."""
    photos = generator.permutation(len(shown)) * 7919 + 100_000_000
    count: dict[str, int] = {}
    names = []
    for own, photo in zip(shown, photos, strict=True):
        place = NUSWIDE[own[0]].name if own else "street"
        count[place] = count.get(place, 0) + 1
        names.append(f"{place}/{count[place]:04d}_{photo}")
    return names


def _tags(
    generator: np.random.Generator,
    mixture: NDArray[np.float64],
    vocabulary: tuple[str, ...],
    difficulty: Difficulty,
) -> list[str]:
    """Draw an image's tags; one in ten of the background's is a rare place name."""
    count = int(generator.integers(*difficulty.words))
    words = draw_words(generator, NUSWIDE, mixture, NUSWIDE_BACKGROUND, difficulty, count)
    background = set(NUSWIDE_BACKGROUND)
    rare = generator.random(count) < 0.1
    place = generator.integers(len(vocabulary) // 2, len(vocabulary), count)
    return [
        vocabulary[index] if seldom and word in background else word
        for word, seldom, index in zip(words, rare, place, strict=True)
    ]


def _write_concepts(folder: Path, shown: list[tuple[int, ...]]) -> list[Path]:
    """Write the concept list and one label file a concept; the other 71 are shown nowhere."""
    files = [_write_lines(folder / "ConceptsList" / "Concepts81.txt", list(CONCEPTS81))]
    for concept in CONCEPTS81:
        labels = ["0"] * len(shown)
        if concept in nuswide10k.CONCEPTS:
            index = nuswide10k.CONCEPTS.index(concept)
            labels = [str(int(index in own)) for own in shown]
        path = folder / "Groundtruth" / "AllLabels" / f"Labels_{concept}.txt"
        files.append(_write_lines(path, labels))
    return files


def _rows(table: NDArray[np.int64], separator: str) -> list[str]:
    """Return the lines of a text matrix; the published ones end in a separator."""
    return [separator.join(map(str, row)) + separator for row in table.tolist()]


def _write_lines(path: Path, lines: list[str]) -> Path:
    write_text(path, "\n".join(lines) + "\n")
    return path


def _write_truth(folder: Path, clips: list[str], mixtures: NDArray[np.float64]) -> Path:
    path = folder / "truth.csv"
    frame = pd.DataFrame(mixtures, columns=[topic.name for topic in NUSWIDE])
    frame.insert(0, "clip", clips)
    with atomic_path(path) as temporary:
        frame.to_csv(temporary, index=False, float_format="%.6f", lineterminator="\n")
    return path
