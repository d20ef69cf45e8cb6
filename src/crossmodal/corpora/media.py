"""Which features a corpus folder can give, told from the names of its files alone.

The module imports nothing heavy: a workflow may ask while it plans its jobs.
"""

from __future__ import annotations

from pathlib import Path

FEATURES: dict[str, tuple[str, ...]] = {
    "wikipedia": ("image_bow", "text_lda", "image_deep"),
    "nuswide10k": ("image_bow", "text_tags", "image_deep"),
}
"""Every feature of each corpus, whether or not a given folder can give it."""


def has_images(corpus: str, folder: Path) -> bool:
    """Tell whether the folder holds the pictures themselves."""
    return (Path(folder) / {"wikipedia": "images", "nuswide10k": "Flickr"}[corpus]).is_dir()


def available_features(corpus: str, folder: Path) -> list[str]:
    """List the features `crossmodal.features.stage.write_features` can write for a folder.

    Args:
        corpus: "wikipedia" or "nuswide10k".
        folder: A folder in the published layout; it may be incomplete or missing.

    Returns:
        Names in the order of `FEATURES`, empty when the folder gives none.
    """
    folder = Path(folder)
    images = has_images(corpus, folder)
    if corpus == "wikipedia":
        published = (folder / "raw_features.mat").is_file()
        given = {
            "image_bow": published or images,
            "text_lda": published or (folder / "texts").is_dir(),
        }
    else:
        words = folder / "Low_Level_Features" / "BoW_int.dat"
        given = {
            "image_bow": words.is_file() or images,
            "text_tags": (folder / "NUS_WID_Tags" / "AllTags1k.txt").is_file(),
        }
    given["image_deep"] = images
    return [name for name in FEATURES[corpus] if given[name]]
