"""Reading media by time stamps: made clips with known truth, real clips against raw packets."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import fixture_media as media
import numpy as np
import pytest
from av.stream import Disposition
from fixture_media import Sound, click_times, clicks, number_of, write_media

from crossmodal.alignment.decode import frames, probe, read_audio, read_clip
from crossmodal.alignment.timeline import frame_at
from crossmodal.alignment.windows import cmcgan, facevoice
from crossmodal.errors import ClipError

STEADY_MS = tuple(range(0, 1000, 40))
EXACT_CLOCK = {"movie_timescale": "44100"}
"""Else the muxer rounds the start of a late stream to a whole millisecond."""


@media.needs_data
@pytest.mark.parametrize("path", media.real_clips(), ids=lambda path: path.name)
def test_every_frame_of_the_real_clips_has_the_time_of_its_packet(path: Path) -> None:
    index, stamps = media.stamps_of(path)
    times, shapes = zip(*((time, frame.shape) for time, frame in frames(path)), strict=True)
    np.testing.assert_allclose(times, stamps, rtol=0, atol=1e-9)
    video = probe(path).video
    assert video is not None
    assert video.index == index
    assert set(shapes) == {(video.height_px, video.width_px, 3)}


@media.needs_data
@pytest.mark.parametrize("path", media.real_clips(), ids=lambda path: path.name)
def test_windows_of_the_real_clips_show_the_frame_on_the_screen(path: Path) -> None:
    _, stamps = media.stamps_of(path)
    for windows, first_s in (
        (cmcgan(stamps, (0.2, 1.9), 0.1), 0.0),
        (facevoice(stamps, (0.2, 1.9)), 0.01),
    ):
        assert len(windows) > 2
        for start_s, times in zip(windows.start_s, windows.frame_times_s, strict=True):
            assert times[0] == max(stamp for stamp in stamps if stamp <= start_s + first_s + 1e-6)
            assert set(times) <= set(stamps)


@media.needs_data
@pytest.mark.parametrize("path", media.real_clips(), ids=lambda path: path.name)
def test_the_sound_of_the_real_clips_is_that_of_its_decoded_frames(path: Path) -> None:
    with av.open(str(path)) as container:
        stream = container.streams.best("audio")
        assert stream is not None
        decoded: list[Any] = list(container.decode(stream))
    rate_hz = decoded[0].sample_rate
    samples = [
        frame.to_ndarray() / (32768 if "s16" in frame.format.name else 1) for frame in decoded
    ]
    expected = np.concatenate(samples, axis=1).mean(axis=0)
    sound, start_s = read_audio(path, rate_hz)
    assert start_s == pytest.approx(decoded[0].time, abs=1e-9)
    np.testing.assert_allclose(sound, expected, atol=1e-6)


@media.needs_data
def test_the_larger_of_two_default_streams_is_read() -> None:
    found = probe(media.DATA / "clips" / "nasa_13013.mp4")
    assert (found.videos, found.audios) == (2, 2)
    assert found.video is not None
    assert found.audio is not None
    assert (found.video.index, found.video.width_px, found.audio.rate_hz) == (3, 480, 16_000)


def test_a_stream_marked_as_default_goes_before_a_larger_one(tmp_path: Path) -> None:
    path = tmp_path / "two.mkv"
    with av.open(str(path), "w") as container:
        streams = [container.add_stream("mpeg4", rate=25) for _ in range(2)]
        for stream, width, mark in zip(streams, (128, 64), (0, Disposition.default), strict=True):
            stream.width, stream.height, stream.pix_fmt = width, 48, "yuv420p"
            stream.disposition = Disposition(mark)
        for stream in streams:
            picture = av.VideoFrame(stream.width, 48, "yuv420p")
            picture.pts, picture.time_base = 0, Fraction(1, 25)
            container.mux([*stream.encode(picture), *stream.encode(None)])
    found = probe(path)
    assert found.videos == 2
    assert found.video is not None
    assert found.video.width_px == 64


@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
def test_frames_of_variable_rate_come_at_their_times(tmp_path: Path, suffix: str) -> None:
    times_ms = [0, 100, 110, 400, 433, 1000, 1040, 1900]
    path = write_media(tmp_path / f"variable.{suffix}", times_ms)
    seen = [(round(time * 1000), number_of(frame)) for time, frame in frames(path)]
    assert seen == [(time, number) for number, time in enumerate(times_ms)]
    asked = [0.0, 0.0999, 0.1, 0.41, 0.41, 0.999, 1.5, 5.0]
    numbers = [number_of(frame) for _, frame in frames(path, times_s=asked)]
    assert numbers == frame_at(np.array(times_ms) / 1000, asked).tolist()


def test_a_video_that_starts_late_keeps_its_clock(tmp_path: Path) -> None:
    sound = Sound(clicks([0.5], 2.0, 44_100))
    path = write_media(tmp_path / "late.mp4", [300 + t for t in STEADY_MS], [sound])
    times = [time for time, _ in frames(path)]
    np.testing.assert_allclose(times, 0.3 + np.array(STEADY_MS) / 1000, atol=1e-3)
    assert [number_of(frame) for _, frame in frames(path, times_s=[0.0, 0.52])] == [0, 5]


@pytest.mark.parametrize(
    ("suffix", "codec", "format"),
    [
        ("mp4", "aac", "fltp"),
        ("mkv", "aac", "fltp"),
        ("mkv", "mp2", "s16"),
        ("mkv", "pcm_s16le", "s16"),
        ("mkv", "flac", "s16"),
        ("mp4", "libmp3lame", "fltp"),
    ],
)
@pytest.mark.parametrize("start_s", [0.0, 0.3])
def test_clicks_are_heard_when_they_were_made(
    tmp_path: Path, suffix: str, codec: str, format: str, start_s: float
) -> None:
    samples = clicks([0.25, 0.5, 1.2], 1.5, 44_100)
    sound = Sound(samples, start_s=start_s, codec=codec, format=format)
    options = EXACT_CLOCK if suffix == "mp4" else None
    path = write_media(tmp_path / f"clicks.{suffix}", STEADY_MS, [sound], options=options)
    for rate_hz in (44_100, 16_000):
        heard = click_times(*read_audio(path, rate_hz), rate_hz)
        np.testing.assert_allclose(heard, np.array([0.25, 0.5, 1.2]) + start_s, atol=1e-3)


def test_gaps_between_packets_are_silent_and_nothing_after_them_moves(tmp_path: Path) -> None:
    samples = clicks([0.1, 0.6, 1.2], 1.5, 8000)
    kept = [(0, 2000), *((b, b + 400) for b in range(4000, 12_000, 400))]
    sound = Sound(samples, 8000, codec="pcm_s16le", format="s16", pieces=kept)
    path = write_media(tmp_path / "gap.mkv", STEADY_MS, [sound])
    heard, start_s = read_audio(path, 8000)
    np.testing.assert_allclose(click_times(heard, start_s, 8000), [0.1, 0.6, 1.2], atol=1e-3)
    assert len(heard) == 12_000
    assert not heard[2000:4000].any()


def test_an_edit_list_decides_what_is_shown(tmp_path: Path) -> None:
    path = write_media(tmp_path / "edited.mp4", STEADY_MS)
    media.skip_start(path, 0.2)
    seen = [(round(time * 1000), number_of(frame)) for time, frame in frames(path)]
    assert seen == [(time, number + 5) for number, time in enumerate(STEADY_MS[:-5])]


@pytest.mark.parametrize("clockwise_deg", [90, 180, 270])
def test_rotated_video_comes_upright(tmp_path: Path, clockwise_deg: int) -> None:
    plain = write_media(tmp_path / "plain.mp4", [0, 40, 80, 120])
    pictures = [frame for _, frame in frames(plain)]
    media.turn(plain, clockwise_deg)
    for (_, turned), picture in zip(frames(plain), pictures, strict=True):
        np.testing.assert_array_equal(turned, np.rot90(picture, -clockwise_deg // 90))
    video = probe(plain).video
    assert video is not None
    assert video.rotation_deg == 360 - clockwise_deg
    assert (video.height_px, video.width_px) == turned.shape[:2]


@pytest.mark.parametrize(
    ("name", "codec", "pixels"),
    [("odd.mp4", "libx264", "yuv444p"), ("odd.webm", "libvpx", "yuv420p")],
)
def test_odd_sizes(tmp_path: Path, name: str, codec: str, pixels: str) -> None:
    path = write_media(tmp_path / name, [0, 40, 80], size=(67, 45), codec=codec, pixels=pixels)
    seen = list(frames(path))
    assert {frame.shape for _, frame in seen} == {(45, 67, 3)}
    assert [number_of(frame) for _, frame in seen] == [0, 1, 2]


def test_six_channels_at_96_khz_and_one_at_8(tmp_path: Path) -> None:
    many = np.repeat(clicks([0.25, 1.0], 1.5, 96_000), 6, axis=0)
    wide = Sound(many, 96_000, codec="pcm_s16le", layout="5.1", format="s16")
    narrow = Sound(clicks([0.25, 1.0], 1.5, 8000), 8000, codec="pcm_s16le", format="s16")
    for name, sound, channels in (("wide.wav", wide, 6), ("narrow.wav", narrow, 1)):
        path = write_media(tmp_path / name, sounds=[sound])
        found = probe(path)
        assert found.video is None
        assert found.audio is not None
        assert (found.audio.rate_hz, found.audio.channels) == (sound.rate_hz, channels)
        heard, start_s = read_audio(path, 16_000)
        assert len(heard) == 24_000
        np.testing.assert_allclose(click_times(heard, start_s, 16_000), [0.25, 1.0], atol=1e-3)
        assert read_audio(path, 16_000, mono=False)[0].shape == (channels, 24_000)


def test_sound_that_outlasts_the_picture_and_two_seconds_of_silence(tmp_path: Path) -> None:
    sound = Sound(np.zeros((1, 2 * 44_100), dtype=np.float32))
    path = write_media(tmp_path / "long.mp4", STEADY_MS, [sound])
    heard, _ = read_audio(path, 16_000)
    assert len(heard) >= 32_000
    assert not heard.any()
    assert len(list(frames(path))) == len(STEADY_MS)


@pytest.mark.parametrize("name", ["две картинки и звук.mp4", "100 %d: a#b?.mp4", "映像 🎻.mp4"])
def test_names_with_blanks_signs_and_other_letters(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_media(tmp_path / "plain.mp4", [0, 40]).rename(tmp_path / name)
    monkeypatch.chdir(tmp_path)
    assert len(list(frames(Path(name)))) == 2


def test_cover_pictures_are_no_video(tmp_path: Path) -> None:
    path = tmp_path / "cover.mp4"
    with av.open(str(path), "w") as container:
        track = container.add_stream("aac", rate=44_100, layout="mono")
        cover = container.add_stream("mjpeg", rate=1)
        cover.width, cover.height, cover.pix_fmt = 64, 48, "yuvj420p"
        cover.disposition = Disposition.attached_pic
        picture = av.VideoFrame(64, 48, "yuvj420p")
        picture.pts, picture.time_base = 0, Fraction(1, 1)
        container.mux([*cover.encode(picture), *cover.encode(None)])
        media.write_sound(container, track, Sound(clicks([0.1], 0.5, 44_100)))
    with av.open(str(path)) as container:
        assert container.streams.video[0].disposition & Disposition.attached_pic
    assert probe(path).video is None
    with pytest.raises(ClipError, match="there is no video"):
        list(frames(path))


@pytest.mark.parametrize("asked", [None, [0.1, 0.1, 0.4]])
def test_one_pass_gives_what_two_give(tmp_path: Path, asked: list[float] | None) -> None:
    sound = Sound(clicks([0.25, 0.5], 1.0, 44_100), start_s=0.1)
    path = write_media(tmp_path / "both.mp4", STEADY_MS, [sound])
    seen: list[tuple[float, int]] = []
    heard, start_s = read_clip(
        path, 16_000, lambda time, frame: seen.append((time, number_of(frame))), times_s=asked
    )
    assert seen == [(time, number_of(frame)) for time, frame in frames(path, times_s=asked)]
    expected, expected_start_s = read_audio(path, 16_000)
    np.testing.assert_array_equal(heard, expected)
    assert start_s == expected_start_s


def test_frames_are_read_only_as_far_as_asked(tmp_path: Path) -> None:
    path = write_media(tmp_path / "cut.mp4", STEADY_MS, options={"movflags": "faststart"})
    stream = frames(path)
    assert next(stream)[0] == 0.0
    stream.close()  # type: ignore[attr-defined]
    same = [frame for _, frame in frames(path, times_s=[0.1, 0.11])]
    assert same[0] is same[1]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "the file is empty"),
        (b"this is a text and no video\n" * 200, "not a video or sound file"),
        (b"\0" * 5000, "not a video or sound file"),
        (None, "there is no such file"),
    ],
)
def test_what_is_no_media_file_is_set_aside(
    tmp_path: Path, content: bytes | None, reason: str
) -> None:
    path = tmp_path / "clip.mp4"
    if content is not None:
        path.write_bytes(content)
    for action in (probe, lambda p: list(frames(p)), lambda p: read_audio(p, 16_000)):
        with pytest.raises(ClipError, match=reason):
            action(path)


@pytest.mark.parametrize("options", [{}, {"movflags": "faststart"}])
def test_a_file_cut_off_is_set_aside(tmp_path: Path, options: dict[str, str]) -> None:
    noise = np.random.default_rng(1).uniform(-0.5, 0.5, (1, 5 * 44_100)).astype(np.float32)
    path = write_media(tmp_path / "cut.mp4", range(0, 5000, 40), [Sound(noise)], options=options)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(ClipError, match="cut off"):
        read_audio(path, 16_000)


@media.needs_data
def test_a_stream_cut_off_gives_what_is_left(tmp_path: Path) -> None:
    content = (media.DATA / "grid" / "bbaf2n.mpg").read_bytes()
    path = tmp_path / "cut.mpg"
    path.write_bytes(content[:200_000])
    assert 20 < len(list(frames(path))) < 75
    sound, _ = read_audio(path, 16_000)
    assert 8_000 < len(sound) < 40_000


def test_missing_sound_or_picture_is_said(tmp_path: Path) -> None:
    silent = write_media(tmp_path / "silent.mp4", STEADY_MS)
    dark = write_media(
        tmp_path / "dark.wav",
        sounds=[Sound(clicks([0.1], 1.0, 8000), 8000, codec="pcm_s16le", format="s16")],
    )
    with pytest.raises(ClipError, match="there is no sound"):
        read_audio(silent, 16_000)
    with pytest.raises(ClipError, match="there is no sound"):
        read_clip(silent, 16_000, lambda time, frame: None)
    with pytest.raises(ClipError, match="there is no video"):
        next(frames(dark))
    assert probe(silent).audio is None
