"""Detectors on real faces, crops against padding by numpy."""

from __future__ import annotations

from pathlib import Path

import cv2
import fixture_media as media
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossmodal.alignment.decode import frames
from crossmodal.alignment.faces import Cascade, YuNet, crop_square, detector, reduced_grey, resized
from crossmodal.errors import InputError

GREY = np.full((90, 160, 3), 127, dtype=np.uint8)


@media.needs_data
def test_the_cascade_finds_the_one_face_of_every_speaker() -> None:
    detect = detector()
    for path in sorted((media.DATA / "grid").glob("*.mpg")):
        for _, frame in frames(path, times_s=[0.0, 1.0, 2.0]):
            found = detect(frame)
            assert found.boxes.shape == (1, 4)
            assert found.scores[0] > 3
            x, y, width, height = found.boxes[0]
            assert 80 < width < 200
            assert 0 <= x < x + width <= 360
            assert 0 <= y < y + height <= 288


@media.needs_data
def test_faces_are_found_at_the_scale_of_the_frame_and_the_largest_first() -> None:
    _, frame = next(frames(media.DATA / "grid" / "bbaf2n.mpg"))
    alone = Cascade()(frame).boxes[0]
    small = cv2.resize(frame, (216, 173), interpolation=cv2.INTER_AREA)
    scene = np.full((288, 600, 3), 90, dtype=np.uint8)
    scene[100:273, 10:226] = small
    scene[:, 240:] = frame
    boxes = Cascade()(scene).boxes
    assert len(boxes) == 2
    np.testing.assert_allclose(boxes[0], np.add(alone, (240, 0, 0, 0)), atol=12)
    np.testing.assert_allclose(boxes[1], np.add(alone * 0.6, (10, 100, 0, 0)), atol=12)


@media.needs_data
def test_threads_do_not_change_what_is_found() -> None:
    _, frame = next(frames(media.DATA / "grid" / "bbaf2n.mpg"))
    threads = cv2.getNumThreads()
    try:
        results = []
        for count in (1, 4):
            cv2.setNumThreads(count)
            results.append(Cascade()(np.tile(frame, (1, 2, 1))).boxes)
    finally:
        cv2.setNumThreads(threads)
    np.testing.assert_array_equal(results[0], results[1])


def test_no_face_is_an_empty_array() -> None:
    found = Cascade()(GREY)
    assert found.boxes.shape == (0, 4)
    assert found.scores.shape == (0,)


def test_a_missing_or_wrong_model_names_the_mend(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no such file.*Give YuNet's ONNX file"):
        detector(tmp_path / "face.onnx")
    wrong = tmp_path / "wrong.onnx"
    wrong.write_bytes(b"no model")
    with pytest.raises(InputError, match="not a model"):
        detector(wrong)


def test_yunet_gives_boxes_and_scores_of_its_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Network:
        def setInputSize(self, size: tuple[int, int]) -> None:  # noqa: N802
            assert size == (160, 90)

        def detect(self, frame: np.ndarray) -> tuple[int, np.ndarray | None]:
            assert frame[0, 0].tolist() == [3, 2, 1]  # blue, green, red
            row = np.arange(15, dtype=np.float32)
            return 1, np.stack([row, row + 20])

    monkeypatch.setattr(cv2.FaceDetectorYN, "create", lambda *args: Network())
    (tmp_path / "yunet.onnx").write_bytes(b"model")
    found = YuNet(tmp_path / "yunet.onnx")(GREY * 0 + np.array([1, 2, 3], np.uint8))
    assert found.boxes.tolist() == [[20, 21, 22, 23], [0, 1, 2, 3]]
    assert found.scores.tolist() == [34, 14]


@given(
    st.floats(-60, 200),
    st.floats(-60, 120),
    st.integers(1, 90),
    st.integers(1, 90),
    st.floats(0, 1),
)
def test_crops_are_the_padded_frame_cut(
    x: float, y: float, width: int, height: int, margin: float
) -> None:
    frame = np.random.default_rng(5).integers(0, 256, (90, 160, 3), dtype=np.uint8)
    side = round(max(width, height) * (1 + 2 * margin))
    left, top = round(x + (width - side) / 2), round(y + (height - side) / 2)
    pad = 400
    padded = np.pad(frame, ((pad, pad), (pad, pad), (0, 0)), mode="edge")
    expected = padded[top + pad : top + pad + side, left + pad : left + pad + side]
    np.testing.assert_array_equal(crop_square(frame, (x, y, width, height), side, margin), expected)


def test_crops_have_the_size_asked_for() -> None:
    assert crop_square(GREY, (10, 10, 30, 40), 128, 0.2).shape == (128, 128, 3)
    assert crop_square(GREY, (10, 10, 60, 80), 23, 0.0).shape == (23, 23, 3)
    assert crop_square(GREY, (10.4, 10, 0.1, 0.1), 8, 0.0).shape == (8, 8, 3)


def test_small_frames_are_never_enlarged() -> None:
    grey, scale = reduced_grey(GREY, 200)
    assert (grey.shape, scale) == ((90, 160), 1.0)
    grey, scale = reduced_grey(GREY, 45)
    assert (grey.shape, scale) == ((45, 80), 0.5)


@pytest.mark.parametrize("side_px", [23, 50, 64, 128, 300])
def test_resizing_is_close_to_means_over_areas(side_px: int) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (196, 196, 3), dtype=np.uint8)
    smooth = cv2.GaussianBlur(noise, (0, 0), 3).astype(np.uint8)
    interpolation = cv2.INTER_AREA if side_px < 196 else cv2.INTER_LINEAR
    expected = cv2.resize(smooth, (side_px, side_px), interpolation=interpolation)
    found = resized(smooth, side_px, side_px)
    assert found.shape == (side_px, side_px, 3)
    assert np.abs(found.astype(int) - expected).mean() < 1.5


def test_blocks_of_a_whole_multiple_are_their_means() -> None:
    image = np.random.default_rng(0).integers(0, 256, (60, 90), dtype=np.uint8)
    means = image.reshape(20, 3, 30, 3).mean(axis=(1, 3))
    assert np.abs(resized(image, 30, 20) - means).max() <= 0.5 + 1e-9
