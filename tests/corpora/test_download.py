from __future__ import annotations

import csv
import email.utils
import gzip
import hashlib
import io
import shutil
import tarfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from crossmodal.corpora.download import download_corpus
from crossmodal.corpora.fetch import Retry, check_file, fetch
from crossmodal.corpora.registry import Download, Registry, load_registry
from crossmodal.errors import InputError
from crossmodal.files import sha256_of

ROOT = Path(__file__).parents[2]
CONTENT = np.random.default_rng(0).bytes(3_000_000)
FAST = Retry(attempts=4, first_wait_s=0.01, max_wait_s=0.3, timeout_s=5.0)


@dataclass
class Answer:
    """What the server does with one request.

    `sent` and `announced` are byte counts; None means all of it and the truth.
    """

    status: int = 200
    content: bytes = CONTENT
    headers: dict[str, str] = field(default_factory=dict)
    announced: int | None = None
    sent: int | None = None
    ranges: bool = True


class Server(ThreadingHTTPServer):
    """Plays the scripted answers of a path in order and repeats the last one."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.script: dict[str, list[Answer]] = {}
        self.requests: list[tuple[str, dict[str, str]]] = []

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up early is part of the tests."""

    def url(self, path: str = "/x.bin") -> str:
        return f"http://127.0.0.1:{self.server_address[1]}{path}"

    def ranges(self) -> list[str | None]:
        return [headers.get("range") for _, headers in self.requests]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def do_GET(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.requests.append((self.path, headers))
        answers = self.server.script.get(self.path, [Answer(status=404, content=b"")])
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        status, body = answer.status, answer.content
        extra = dict(answer.headers)
        start = int(headers["range"][6:-1]) if "range" in headers else 0
        unchanged = headers.get("if-range") in (None, extra.get("ETag"), extra.get("Last-Modified"))
        if status == 200 and start and answer.ranges and unchanged:
            if start >= len(body):
                status, body = 416, b""
                extra["Content-Range"] = f"bytes */{len(answer.content)}"
            else:
                status, body = 206, body[start:]
                end = len(answer.content) - 1
                extra["Content-Range"] = f"bytes {start}-{end}/{len(answer.content)}"
        self.send_response(status)
        for name, value in extra.items():
            self.send_header(name, value)
        announced = len(body) if answer.announced is None else answer.announced
        self.send_header("Content-Length", str(announced))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body if answer.sent is None else body[: answer.sent])
        self.close_connection = True


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def expected(content: bytes = CONTENT, **checks: Any) -> Download:
    checks = checks or {"sha256": hashlib.sha256(content).hexdigest()}
    return Download(file="x.bin", url=None, **checks)


def get(
    server: Server, folder: Path, expected_: Download | None = None, retry: Retry = FAST
) -> bytes:
    fetch(server.url(), folder / "x.bin", expected_ or expected(), retry=retry)
    assert [path.name for path in folder.iterdir()] == ["x.bin"]
    return (folder / "x.bin").read_bytes()


def refused(server: Server, folder: Path, match: str, expected_: Download | None = None) -> str:
    """The download fails in one line with a remedy, and only partial files are left."""
    with pytest.raises(InputError, match=match) as caught:
        fetch(server.url(), folder / "x.bin", expected_ or expected(), retry=FAST)
    assert "\n" not in str(caught.value)
    assert caught.value.hint
    assert server.url() in str(caught.value)
    assert all(path.name.endswith(".partial") for path in folder.iterdir())
    return str(caught.value)


def test_plain_download(server: Server, tmp_path: Path) -> None:
    server.script["/x.bin"] = [Answer()]
    assert get(server, tmp_path) == CONTENT
    assert server.ranges() == [None]


@pytest.mark.parametrize(
    "version",
    [{"ETag": '"1"'}, {"ETag": 'W/"1"', "Last-Modified": "Mon, 05 Jan 2026 10:00:00 GMT"}],
)
def test_dropped_connection_goes_on_where_it_stopped(
    version: dict[str, str], server: Server, tmp_path: Path
) -> None:
    # With a version, a range is asked for even where no checksum is known.
    server.script["/x.bin"] = [
        Answer(sent=1_200_000, headers=version),
        Answer(sent=900_000, headers=version),
        Answer(headers=version),
    ]
    assert get(server, tmp_path, expected(bytes=len(CONTENT))) == CONTENT
    assert server.ranges() == [None, "bytes=1200000-", "bytes=2100000-"]
    conditions = {headers.get("if-range") for _, headers in server.requests[1:]}
    assert conditions == {version.get("Last-Modified", version["ETag"])}


def test_without_version_and_checksum_it_starts_anew(server: Server, tmp_path: Path) -> None:
    server.script["/x.bin"] = [Answer(sent=1_200_000), Answer()]
    assert get(server, tmp_path, expected(bytes=len(CONTENT))) == CONTENT
    assert server.ranges() == [None, None]


def test_progress_forgives_more_failures_than_attempts(server: Server, tmp_path: Path) -> None:
    server.script["/x.bin"] = [Answer(sent=300_000) for _ in range(9)] + [Answer()]
    assert get(server, tmp_path) == CONTENT
    assert len(server.requests) == 10


def test_a_file_that_changed_meanwhile_starts_anew(server: Server, tmp_path: Path) -> None:
    server.script["/x.bin"] = [
        Answer(content=b"o" * 2_000_000, sent=1_000_000, headers={"ETag": '"old"'}),
        Answer(headers={"ETag": '"new"'}),
    ]
    assert get(server, tmp_path) == CONTENT


def test_a_server_that_ignores_ranges_starts_anew(server: Server, tmp_path: Path) -> None:
    server.script["/x.bin"] = [
        Answer(sent=1_000_000, headers={"ETag": '"1"'}),
        Answer(ranges=False, headers={"ETag": '"1"'}),
    ]
    assert get(server, tmp_path) == CONTENT
    assert server.ranges() == [None, "bytes=1000000-"]


def test_a_wrong_range_is_not_appended(server: Server, tmp_path: Path) -> None:
    lie = {"Content-Range": f"bytes 5-{len(CONTENT) - 1}/{len(CONTENT)}"}
    server.script["/x.bin"] = [
        Answer(sent=1_000_000),
        Answer(status=206, content=CONTENT[5:], headers=lie),
        Answer(),
    ]
    assert get(server, tmp_path) == CONTENT
    assert server.ranges() == [None, "bytes=1000000-", None]


def test_interruption_leaves_a_partial_and_the_next_run_goes_on(
    server: Server, tmp_path: Path
) -> None:
    server.script["/x.bin"] = [Answer(sent=1_000_000, headers={"ETag": '"1"'})]
    server.script["/x.bin"] += [Answer(status=503, content=b"")] * 4
    refused(server, tmp_path, "503")
    assert (tmp_path / ".x.bin.partial").read_bytes() == CONTENT[:1_000_000]
    server.script["/x.bin"] = [Answer(headers={"ETag": '"1"'})]
    assert get(server, tmp_path) == CONTENT
    assert server.ranges()[-1] == "bytes=1000000-"


def test_a_whole_partial_is_not_fetched_again(server: Server, tmp_path: Path) -> None:
    (tmp_path / ".x.bin.partial").write_bytes(CONTENT)
    server.script["/x.bin"] = [Answer()]
    assert get(server, tmp_path) == CONTENT
    assert server.ranges() == [f"bytes={len(CONTENT)}-"]


def test_a_partial_longer_than_the_file_is_dropped(server: Server, tmp_path: Path) -> None:
    (tmp_path / ".x.bin.partial").write_bytes(CONTENT + b"more")
    server.script["/x.bin"] = [Answer()]
    assert get(server, tmp_path) == CONTENT


def test_announcing_more_than_is_sent_is_noticed(server: Server, tmp_path: Path) -> None:
    server.script["/x.bin"] = [Answer(announced=len(CONTENT) + 100, ranges=False)]
    refused(server, tmp_path, "could not be fetched")
    assert len(server.requests) == FAST.attempts


def test_announcing_less_than_there_is_is_noticed(server: Server, tmp_path: Path) -> None:
    server.script["/x.bin"] = [Answer(announced=1_000_000)]
    refused(server, tmp_path, "SHA-256")
    refused(server, tmp_path, "offers 1000000 bytes", expected(bytes=len(CONTENT)))
    assert list(tmp_path.iterdir()) == []


def test_503_and_429_are_waited_for(server: Server, tmp_path: Path) -> None:
    soon = email.utils.formatdate(time.time() + 3600, usegmt=True)
    server.script["/x.bin"] = [
        Answer(status=503, content=b"", headers={"Retry-After": "0"}),
        Answer(status=429, content=b"", headers={"Retry-After": soon}),
        Answer(),
    ]
    began = time.monotonic()
    assert get(server, tmp_path) == CONTENT
    # An hour was asked for; max_wait_s caps it.
    assert FAST.max_wait_s <= time.monotonic() - began < 3.0


def test_waits_double_with_jitter_and_honour_the_server() -> None:
    retry = Retry(first_wait_s=1.0, max_wait_s=10.0)
    for failures in (1, 2, 3):
        waits = {retry.wait_s(failures, None) for _ in range(20)}
        assert len(waits) > 1
        assert all(2.0 ** (failures - 2) <= wait <= 2.0 ** (failures - 1) for wait in waits)
    assert retry.wait_s(9, None) == 10.0
    assert retry.wait_s(1, "7") == 7.0
    assert retry.wait_s(1, "700") == 10.0
    assert retry.wait_s(1, "nonsense") <= 1.0


@pytest.mark.parametrize(("status", "text"), [(404, "is gone"), (403, "is refused"), (400, "400")])
def test_refusals_end_at_once(status: int, text: str, server: Server, tmp_path: Path) -> None:
    server.script["/x.bin"] = [Answer(status=status, content=b"no")]
    refused(server, tmp_path, text)
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "answer",
    [
        Answer(content=b"<p>Please log in", headers={"Content-Type": "text/html; charset=utf-8"}),
        Answer(content=b"\xef\xbb\xbf \n<!DOCTYPE html><p>Log in"),
        Answer(content=b"<HTML>"),
    ],
)
def test_a_login_page_is_recognised(answer: Answer, server: Server, tmp_path: Path) -> None:
    server.script["/x.bin"] = [answer]
    refused(server, tmp_path, "login page", expected(md5="0" * 32))


def test_redirects_are_followed_but_only_to_http(server: Server, tmp_path: Path) -> None:
    server.script["/x.bin"] = [Answer(status=302, content=b"", headers={"Location": "/y"})]
    server.script["/y"] = [Answer()]
    assert get(server, tmp_path) == CONTENT
    (tmp_path / "x.bin").unlink()
    server.script["/x.bin"][0].headers["Location"] = "file:///etc/hostname"
    refused(server, tmp_path, "cannot be fetched")


def test_bytes_arrive_as_sent_though_labelled_as_encoded(server: Server, tmp_path: Path) -> None:
    packed = gzip.compress(b"tar" * 1000, mtime=0)
    server.script["/x.bin"] = [Answer(content=packed, headers={"Content-Encoding": "x-gzip"})]
    assert get(server, tmp_path, expected(packed)) == packed


def test_nobody_listening(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="could not be fetched"):
        fetch("http://127.0.0.1:9/x", tmp_path / "x.bin", expected(), retry=FAST)


@pytest.mark.parametrize(
    ("checks", "match"),
    [
        ({"sha256": "0" * 64}, "SHA-256"),
        ({"sha256_prefix": "0" * 8}, "SHA-256"),
        ({"md5": "0" * 32}, "MD5"),
        ({"bytes": 7}, "offers 3000000 bytes, expected 7"),
    ],
)
def test_wrong_checksum_names_both_and_keeps_nothing(
    checks: dict[str, Any], match: str, server: Server, tmp_path: Path
) -> None:
    server.script["/x.bin"] = [Answer()]
    message = refused(server, tmp_path, match, expected(**checks))
    assert str(next(iter(checks.values()))) in message
    if "md5" in checks:
        assert hashlib.md5(CONTENT).hexdigest() in message
    assert list(tmp_path.iterdir()) == []


def test_right_checksums_of_every_kind_pass(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(CONTENT)
    sha256 = hashlib.sha256(CONTENT).hexdigest()
    md5 = hashlib.md5(CONTENT).hexdigest()
    for right in (
        expected(sha256=sha256),
        expected(sha256_prefix=sha256[:8]),
        expected(md5=md5, bytes=len(CONTENT)),
    ):
        assert check_file(tmp_path / "x", right) == sha256


def test_disk_space_is_asked_for_first(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.script["/x.bin"] = [Answer()]
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=4_000_000))
    with pytest.raises(InputError, match="5000000 bytes are needed and 4000000 are free"):
        fetch(server.url(), tmp_path / "x.bin", expected(), retry=FAST, room_bytes=2_000_000)
    assert list(tmp_path.iterdir()) == []
    fetch(server.url(), tmp_path / "x.bin", expected(), retry=FAST)


# Whole corpora

TOY_FILES = {"a.txt": b"alpha", "img/1.jpg": b"one", "img/2.jpg": b"two"}


def toy_archive() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as bundle:
        for name, content in (TOY_FILES | {"README": b"not listed"}).items():
            info = tarfile.TarInfo(f"toy-1.0/{name}")
            info.size = len(content)
            bundle.addfile(info, io.BytesIO(content))
    return gzip.compress(buffer.getvalue(), mtime=0)


ARCHIVE = toy_archive()
LISTING = b"1\n2\n"


def toy(url: str | None, **changes: Any) -> Registry:
    """A registry of one corpus: an archive and a plain file; no url means to ask for it."""
    main = {
        "downloads": [
            {
                "file": "toy.tar.gz",
                "url": url and f"{url}/toy.tar.gz",
                "sha256": hashlib.sha256(ARCHIVE).hexdigest(),
                "unpack": {"strip_prefix": "toy-1.0", "max_bytes": 10_000},
            },
            {"file": "list.txt", "url": url and f"{url}/list.txt", "bytes": len(LISTING)},
        ],
        "files": [
            {"path": "img/*.jpg", "at_least": 2},
            {"path": "*.txt", "at_least": 2},
            {"path": "a.txt", "sha256": hashlib.sha256(b"alpha").hexdigest()},
        ],
    }
    entry = {
        "name": "toy",
        "title": "Toy",
        "homepage": "https://toy.example",
        "licence": "CC0",
        "citation": "Toy 2020.",
        "access": "open" if url else "agreement",
        "ask": None if url else "Write to toy@toy.example.",
        "parts": {"main": main},
    }
    return Registry.model_validate({"corpora": {"toy": entry | changes}})


@pytest.fixture
def toy_server(server: Server) -> Server:
    server.script["/toy/toy.tar.gz"] = [Answer(content=ARCHIVE)]
    server.script["/toy/list.txt"] = [Answer(content=LISTING)]
    return server


def write_toy_files(folder: Path) -> None:
    for name, content in (TOY_FILES | {"list.txt": LISTING}).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


def assert_complete(folder: Path) -> None:
    with (folder / "contents.csv").open(newline="") as stream:
        rows = list(csv.reader(stream))
    wanted = TOY_FILES | {"list.txt": LISTING}
    assert rows[0] == ["path", "bytes", "sha256"]
    assert rows[1:] == [
        [name, str(len(content)), hashlib.sha256(content).hexdigest()]
        for name, content in sorted(wanted.items())
    ]
    assert {name: (folder / name).read_bytes() for name in wanted} == wanted
    assert not any(path.name.startswith(".") for path in folder.rglob("*"))


def snapshot(folder: Path) -> dict[str, tuple[int, int, int]]:
    return {
        str(path): (path.stat().st_mtime_ns, path.stat().st_ino, path.stat().st_nlink)
        for path in folder.rglob("*")
    }


def test_an_open_corpus_is_downloaded_unpacked_and_listed(
    toy_server: Server, tmp_path: Path
) -> None:
    registry = toy(toy_server.url("/toy"))
    download_corpus("toy", tmp_path / "toy", registry, retry=FAST)
    assert_complete(tmp_path / "toy")
    assert not (tmp_path / "toy" / "toy.tar.gz").exists()


def test_a_second_run_needs_no_network_and_writes_the_same(
    toy_server: Server, tmp_path: Path
) -> None:
    registry = toy(toy_server.url("/toy"))
    download_corpus("toy", tmp_path, registry, retry=FAST)
    first = (tmp_path / "contents.csv").read_bytes()
    asked = len(toy_server.requests)
    download_corpus("toy", tmp_path, registry, retry=FAST)
    assert (tmp_path / "contents.csv").read_bytes() == first
    assert len(toy_server.requests) == asked


def test_a_changed_file_is_found_by_the_second_run(toy_server: Server, tmp_path: Path) -> None:
    registry = toy(toy_server.url("/toy"))
    download_corpus("toy", tmp_path, registry, retry=FAST)
    (tmp_path / "a.txt").write_bytes(b"ALPHA")
    with pytest.raises(InputError, match=r"a\.txt has the SHA-256"):
        download_corpus("toy", tmp_path, registry, retry=FAST)


def test_a_failure_writes_no_contents_and_a_later_run_finishes(
    toy_server: Server, tmp_path: Path
) -> None:
    registry = toy(toy_server.url("/toy"))
    toy_server.script["/toy/list.txt"] = [Answer(status=404, content=b"")]
    with pytest.raises(InputError, match="is gone"):
        download_corpus("toy", tmp_path, registry, retry=FAST)
    assert not (tmp_path / "contents.csv").exists()
    toy_server.script["/toy/list.txt"] = [Answer(content=LISTING)]
    download_corpus("toy", tmp_path, registry, retry=FAST)
    assert_complete(tmp_path)


def test_a_damaged_archive_is_not_kept(toy_server: Server, tmp_path: Path) -> None:
    broken = ARCHIVE[:-20]
    toy_server.script["/toy/toy.tar.gz"] = [Answer(content=broken)]
    registry = toy(toy_server.url("/toy"))
    unpack_rule = {"strip_prefix": "toy-1.0", "max_bytes": 10_000}
    main = registry.corpora["toy"].parts["main"].model_dump()
    main["downloads"][0] |= {"sha256": None, "unpack": unpack_rule}
    registry = toy(toy_server.url("/toy"), parts={"main": main})
    with pytest.raises(InputError, match="truncated"):
        download_corpus("toy", tmp_path, registry, retry=FAST)
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == []
    toy_server.script["/toy/toy.tar.gz"] = [Answer(content=ARCHIVE)]
    download_corpus("toy", tmp_path, registry, retry=FAST)
    assert_complete(tmp_path)


def test_an_archive_without_the_listed_files_is_named(toy_server: Server, tmp_path: Path) -> None:
    main = toy(toy_server.url("/toy")).corpora["toy"].parts["main"].model_dump()
    main["files"].append({"path": "wav/*.wav", "at_least": 3})
    registry = toy(toy_server.url("/toy"), parts={"main": main})
    with pytest.raises(InputError, match=r"wav/\*\.wav \(0 of at least 3 files\)"):
        download_corpus("toy", tmp_path, registry, retry=FAST)
    assert not (tmp_path / "contents.csv").exists()


def test_room_for_unpacking_is_asked_for(
    toy_server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=10_000))
    with pytest.raises(InputError, match="10000 are free"):
        download_corpus("toy", tmp_path, toy(toy_server.url("/toy")), retry=FAST)


def test_a_corpus_under_agreement_says_where_to_ask_and_is_checked_when_there(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "data" / "toy"
    with pytest.raises(InputError) as caught:
        download_corpus("toy", folder, toy(None))
    for part in ("signed agreement", "toy@toy.example", str(folder), "https://toy.example"):
        assert part in str(caught.value)
    assert not folder.exists()
    write_toy_files(folder)
    download_corpus("toy", folder, toy(None))
    assert_complete(folder)


def test_archives_placed_by_hand_are_checked_and_unpacked(tmp_path: Path) -> None:
    (tmp_path / "toy.tar.gz").write_bytes(b"wrong")
    (tmp_path / "list.txt").write_bytes(LISTING)
    with pytest.raises(InputError, match=r"toy\.tar\.gz has the SHA-256"):
        download_corpus("toy", tmp_path, toy(None))
    (tmp_path / "toy.tar.gz").write_bytes(ARCHIVE)
    download_corpus("toy", tmp_path, toy(None))
    assert_complete(tmp_path)
    assert (tmp_path / "toy.tar.gz").read_bytes() == ARCHIVE


def put_files(folder: Path) -> None:
    write_toy_files(folder)


def put_archives(folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "toy.tar.gz").write_bytes(ARCHIVE)
    (folder / "list.txt").write_bytes(LISTING)


@pytest.mark.parametrize("put", [put_files, put_archives])
def test_a_mirror_folder_serves_and_stays_as_it_is(
    put: Callable[[Path], None], tmp_path: Path
) -> None:
    put(tmp_path / "mirror" / "toy-mirror")
    before = snapshot(tmp_path / "mirror")
    registry = toy(None, mirror_name="toy-mirror")
    download_corpus("toy", tmp_path / "toy", registry, str(tmp_path / "mirror"))
    assert_complete(tmp_path / "toy")
    assert snapshot(tmp_path / "mirror") == before
    assert not any(path.is_symlink() for path in (tmp_path / "toy").rglob("*"))


def test_a_wrong_file_on_a_mirror_is_refused(tmp_path: Path) -> None:
    write_toy_files(tmp_path / "mirror" / "toy")
    (tmp_path / "mirror" / "toy" / "a.txt").write_bytes(b"ALPHA")
    with pytest.raises(InputError, match=r"mirror/toy/a\.txt has the SHA-256"):
        download_corpus("toy", tmp_path / "toy", toy(None), str(tmp_path / "mirror"))
    assert not (tmp_path / "toy" / "a.txt").exists()


def test_a_mirror_without_the_corpus_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="mirror's folder"):
        download_corpus("toy", tmp_path / "toy", toy(None), str(tmp_path))


def test_a_mirror_address_serves_even_what_has_no_url(toy_server: Server, tmp_path: Path) -> None:
    download_corpus("toy", tmp_path / "toy", toy(None), toy_server.url("/"), retry=FAST)
    assert_complete(tmp_path / "toy")


def test_optional_parts_come_when_asked_for(toy_server: Server, tmp_path: Path) -> None:
    registry = toy(toy_server.url("/toy"))
    parts = {
        "main": registry.corpora["toy"].parts["main"].model_dump(),
        "more": {
            "required": False,
            "downloads": [{"file": "more.bin", "url": toy_server.url("/toy/more.bin")}],
            "files": [{"path": "more.bin"}],
        },
    }
    toy_server.script["/toy/more.bin"] = [Answer(content=b"more")]
    registry = toy(toy_server.url("/toy"), parts=parts)
    download_corpus("toy", tmp_path, registry, retry=FAST)
    assert "more.bin" not in (tmp_path / "contents.csv").read_text()
    download_corpus("toy", tmp_path, registry, also=["more"], retry=FAST)
    assert "more.bin,4," in (tmp_path / "contents.csv").read_text()


@pytest.mark.parametrize("name", ["wikipedia", "av_digits"])
def test_real_files_come_from_the_local_mirror(name: str, tmp_path: Path) -> None:
    mirror = ROOT / ".." / "shared" / "data"
    if not mirror.is_dir():
        pytest.skip("../shared/data is missing")
    registry = load_registry(ROOT / "config" / "corpora.yaml")
    download_corpus(name, tmp_path, registry, str(mirror))
    spoken = len(list(mirror.glob("free-spoken-digit-dataset/recordings/*.wav")))
    with (tmp_path / "contents.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    source = mirror / registry.corpus(name).mirror_folder
    assert (
        len(rows)
        == {"wikipedia": 4, "av_digits": len(list(mirror.glob("mnist/*-ubyte*"))) + spoken}[name]
    )
    for row in rows[:: len(rows) // 2]:
        assert row["sha256"] == sha256_of(source / row["path"])


def in_part(server: Server | None = None) -> Registry:
    """A corpus put together from folders, of which a mirror may have a part."""

    def url(path: str) -> str | None:
        return None if server is None else server.url(path)

    archive = {"strip_prefix": "auto", "folder": "sounds", "max_bytes": 10_000_000}
    parts = {
        "sounds": {
            "downloads": [
                {"file": "toy.tar.gz", "url": url("/toy.tar.gz"), "note": "-", "unpack": archive}
            ],
            "files": [{"path": "sounds/**/*", "published": 9}],
        },
        "pictures": {
            "downloads": [
                {"file": f"pictures/{name}", "url": url(f"/{name}"), "note": "-", "optional": True}
                for name in ("1.bin", "2.bin")
            ],
            "files": [{"path": "pictures/*.bin", "published": 2}],
        },
    }
    return toy(None, parts=parts, mirror_name=".", access="open", ask="Ask.")


def listed(folder: Path) -> list[str]:
    with (folder / "contents.csv").open(newline="") as stream:
        return [row["path"] for row in csv.DictReader(stream)]


def test_what_a_mirror_has_is_taken_and_more_of_it_later(tmp_path: Path) -> None:
    mirror, folder = tmp_path / "mirror", tmp_path / "data"
    for name in ("sounds/1.wav", "pictures/1.bin"):
        (mirror / name).parent.mkdir(parents=True)
        (mirror / name).write_bytes(name.encode())
    download_corpus("toy", folder, in_part(), str(mirror))
    assert listed(folder) == ["pictures/1.bin", "sounds/1.wav"]
    (mirror / "sounds" / "2.wav").write_bytes(b"2")
    (mirror / "sounds" / "1.wav").write_bytes(b"other")
    download_corpus("toy", folder, in_part(), str(mirror))
    assert listed(folder) == ["pictures/1.bin", "sounds/1.wav", "sounds/2.wav"]
    assert (folder / "sounds" / "1.wav").read_bytes() == b"sounds/1.wav"


def test_files_go_into_their_folders(server: Server, tmp_path: Path) -> None:
    server.script |= {
        "/toy.tar.gz": [Answer(content=ARCHIVE)],
        "/1.bin": [Answer(content=b"1")],
        "/2.bin": [Answer(content=b"2")],
    }
    download_corpus("toy", tmp_path, in_part(server), retry=FAST)
    found = listed(tmp_path)
    assert found[:2] == ["pictures/1.bin", "pictures/2.bin"]
    assert all(path.startswith("sounds/") for path in found[2:])
    assert len(found) > 2
    assert not (tmp_path / ".downloads").exists()


def test_a_mirrors_address_may_lack_what_is_optional(server: Server, tmp_path: Path) -> None:
    server.script |= {
        "/toy.tar.gz": [Answer(content=ARCHIVE)],
        "/pictures/2.bin": [Answer(content=b"2")],
    }
    download_corpus("toy", tmp_path, in_part(), server.url("/"), retry=FAST)
    assert listed(tmp_path)[0] == "pictures/2.bin"
    server.script["/pictures/2.bin"] = [Answer(status=404, content=b"")]
    with pytest.raises(InputError, match=r"was fetched but lacks pictures/\*\.bin"):
        download_corpus("toy", tmp_path / "new", in_part(), server.url("/"), retry=FAST)


def test_the_original_source_must_have_all(server: Server, tmp_path: Path) -> None:
    server.script |= {"/toy.tar.gz": [Answer(content=ARCHIVE)], "/1.bin": [Answer(content=b"1")]}
    with pytest.raises(InputError, match=r"2\.bin is gone: 404"):
        download_corpus("toy", tmp_path, in_part(server), retry=FAST)
    assert not (tmp_path / "contents.csv").exists()
