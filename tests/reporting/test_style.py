from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import cv2
import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from crossmodal.reporting.style import PALETTE, axis_label, figure, looks, save


def drawn() -> Figure:
    fig, axes = figure("single", columns=2)
    for name, look in looks(["cvh", "ours"]).items():
        axes[0, 0].plot([16, 32, 64], [0.1, 0.2, 0.3], label=name, **look.line())
        axes[0, 1].bar(name, 0.3, **look.bar())
    axes[0, 0].set_xlabel(axis_label("code length", unit="bit"))
    axes[0, 0].legend()
    return fig


def test_same_bytes_every_time(tmp_path: Path) -> None:
    for name in ("a", "b"):
        save(drawn(), tmp_path / name, source="synthetic")
    for suffix in (".svg", ".png"):
        assert (tmp_path / f"a{suffix}").read_bytes() == (tmp_path / f"b{suffix}").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.png", "a.svg", "b.png", "b.svg"]


def test_axes_stand_at_rounded_places(tmp_path: Path) -> None:
    # The layout's solver orders its variables by address: its last digits differ between runs.
    fig, axes = figure("double", columns=3, width_ratios=[2, 3, 3])
    save(fig, tmp_path / "a", source="synthetic")
    for axis in axes[0]:
        places = axis.get_position(original=True)
        assert places.bounds[:2] == tuple(round(place, 9) for place in places.bounds[:2])
    fig.draw_without_rendering()
    save(fig, tmp_path / "b", source="download")
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


def test_text_is_drawn_as_paths(tmp_path: Path) -> None:
    save(drawn(), tmp_path / "a", source="download")
    tags = {element.tag.split("}")[-1] for element in ElementTree.parse(tmp_path / "a.svg").iter()}
    assert "path" in tags
    assert "text" not in tags


def test_stand_in_data_is_written_below_the_figure(tmp_path: Path) -> None:
    save(drawn(), tmp_path / "real", source="download")
    save(drawn(), tmp_path / "generated", source="synthetic")
    real = cv2.imread(str(tmp_path / "real.png"))
    generated = cv2.imread(str(tmp_path / "generated.png"))
    assert real is not None
    assert generated is not None
    added = generated.shape[0] - real.shape[0]
    assert added == 40  # 0.2 inches at 200 dots an inch
    assert (generated[-added:] < 200).any()
    np.testing.assert_array_equal(generated[: real.shape[0] // 2], real[: real.shape[0] // 2])


def test_widths_are_those_of_a_page() -> None:
    assert figure("single")[0].get_size_inches().tolist() == [3.5, 2.6]
    assert figure("double", rows=2)[0].get_size_inches().tolist() == [7.2, 5.2]
    assert figure("double", rows=2, columns=3)[1].shape == (2, 3)


def test_series_differ_without_colour() -> None:
    found = list(looks([str(place) for place in range(8)]).values())
    for kind in ("color", "marker", "linestyle", "hatch"):
        assert len({getattr(look, kind) for look in found}) == 8
    with pytest.raises(ValueError, match="9 series"):
        looks([str(place) for place in range(9)])


def test_palette_stays_apart_for_the_colour_blind() -> None:
    # Deuteranopia after Viénot, Brettel & Mollon (1999), on linear light.
    linear = np.array([np.power(to_rgb(color), 2.2) for color in PALETTE])
    seen = linear @ np.array([[0.293, 0.293, -0.021], [0.707, 0.707, 0.021], [0, 0, 1]])
    encoded = np.power(np.clip(seen, 0, 1), 1 / 2.2)
    apart = np.linalg.norm(encoded[:, None] - encoded[None], axis=2)
    assert apart[~np.eye(len(PALETTE), dtype=bool)].min() > 0.1


@pytest.mark.parametrize(
    ("unit", "n", "label"),
    [
        (None, None, "precision"),
        ("bit", None, "precision (bit)"),
        (None, 2866, "precision (n = 2,866)"),
        ("s", 3, "precision (s, n = 3)"),
    ],
)
def test_axis_label(unit: str | None, n: int | None, label: str) -> None:
    assert axis_label("precision", unit=unit, n=n) == label
