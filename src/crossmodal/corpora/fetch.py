"""Downloading one file: going on after an interruption, and checking what came."""

from __future__ import annotations

import hashlib
import random
import re
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

import requests
import urllib3

from crossmodal.corpora.registry import Download, FileSpec
from crossmodal.errors import InputError
from crossmodal.files import sha256_of, write_text
from crossmodal.progress import progress

_CHUNK_BYTES = 1 << 20
_BUSY = frozenset({408, 425, 429, 500, 502, 503, 504})
_HTML = re.compile(rb"^(\xef\xbb\xbf)?\s*(<!doctype html|<html)", re.IGNORECASE)


class GoneError(InputError):
    """There is no such file at an address."""


@dataclass(frozen=True)
class Retry:
    """How patient a download is.

    Attributes:
        attempts: Failures in a row, none of which brought a new byte, before giving up.
        first_wait_s: Wait after the first failure in seconds; doubled each time, with jitter.
        max_wait_s: Longest wait in seconds, also when a server asks for more.
        timeout_s: How long to wait for a connection, or for the next bytes, in seconds.
    """

    attempts: int = 6
    first_wait_s: float = 1.0
    max_wait_s: float = 120.0
    timeout_s: float = 60.0

    def wait_s(self, failures: int, asked: str | None) -> float:
        """Return the seconds to wait after `failures` failures.

        Args:
            failures: How many there were in a row, at least 1.
            asked: The server's Retry-After: seconds or an HTTP date.
        """
        backoff: float = self.first_wait_s * 2.0 ** (failures - 1) * random.uniform(0.5, 1.0)
        return min(max(backoff, _retry_after_s(asked)), self.max_wait_s)


def fetch(url: str, target: Path, expected: Download, *, retry: Retry, room_bytes: int = 0) -> None:
    """Download one file, going on with what an earlier try left, and check it.

    Until the file is whole and right, its bytes lie in `.NAME.partial` beside `target`.

    Args:
        room_bytes: Disk space needed beside the file itself, e.g. for unpacking it.

    Raises:
        InputError: The server refuses or does not deliver, or the file is not the expected one.
    """
    transfer = _Transfer(url, target, expected, room_bytes, retry.timeout_s)
    failures, best = 0, transfer.have_bytes
    with requests.Session() as session:
        while True:
            try:
                transfer.run(session)
                break
            except _BROKEN as error:
                problem = error
            except requests.RequestException as error:
                raise InputError(f"{url} cannot be fetched: {error}", hint="Check it") from error
            failures = 1 if transfer.have_bytes > best else failures + 1
            best = max(best, transfer.have_bytes)
            if failures >= retry.attempts:
                raise InputError(
                    f"{url} could not be fetched: {problem}",
                    hint=f"Run again, it goes on after {transfer.have_bytes} bytes",
                ) from problem
            asked = problem.retry_after if isinstance(problem, _BusyError) else None
            time.sleep(retry.wait_s(failures, asked))
    try:
        check_file(transfer.partial, expected, source=url)
    except InputError:
        transfer.restart()
        raise
    transfer.finish()


def check_file(path: Path, expected: Download | FileSpec, *, source: str | None = None) -> str:
    """Compare a file with the registered size and checksums and return its SHA-256.

    Args:
        source: How to name it in the error, e.g. its address.

    Raises:
        InputError: It differs; the message names expected and actual value.
    """
    name = source or str(path)
    hint = "Remove it and fetch it again; if it stays so, compare with the publisher's value"
    actual_bytes = path.stat().st_size
    if expected.bytes is not None and actual_bytes != expected.bytes:
        raise InputError(f"{name} has {actual_bytes} bytes, expected {expected.bytes}", hint=hint)
    sha256 = sha256_of(path)
    known = [("SHA-256", expected.sha256, sha256)]
    if isinstance(expected, Download):
        known.append(("SHA-256", expected.sha256_prefix, sha256))
        if expected.md5 is not None:
            with path.open("rb") as stream:
                md5 = hashlib.file_digest(stream, lambda: hashlib.md5(usedforsecurity=False))
            known.append(("MD5", expected.md5, md5.hexdigest()))
    for kind, wanted, actual in known:
        if wanted is not None and not actual.startswith(wanted):
            raise InputError(f"{name} has the {kind} {actual}, expected {wanted}", hint=hint)
    return sha256


def ask_for_room(folder: Path, needed_bytes: int) -> None:
    """Raise InputError when the disk of a folder, which need not exist yet, has less room."""
    existing = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    free = shutil.disk_usage(existing).free
    if needed_bytes > free:
        raise InputError(
            f"{needed_bytes} bytes are needed and {free} are free",
            file=folder,
            hint="Make room, or put the folder on a larger disk",
        )


class _BusyError(Exception):
    """A server cannot answer now, or answered less than it announced."""

    def __init__(self, problem: str, retry_after: str | None = None) -> None:
        super().__init__(problem)
        self.retry_after = retry_after


_BROKEN = (requests.ConnectionError, requests.Timeout, urllib3.exceptions.HTTPError, _BusyError)


class _Transfer:
    """The state of one download: the partial file and the version of the file it belongs to."""

    def __init__(
        self, url: str, target: Path, expected: Download, room_bytes: int, timeout_s: float
    ) -> None:
        self.url = url
        self.target = target
        self.expected = expected
        self.room_bytes = room_bytes
        self.timeout_s = timeout_s
        self.partial = target.with_name(f".{target.name}.partial")
        self._version_file = target.with_name(f".{target.name}.version.partial")
        target.parent.mkdir(parents=True, exist_ok=True)

    @property
    def have_bytes(self) -> int:
        return self.partial.stat().st_size if self.partial.exists() else 0

    def restart(self) -> None:
        self.partial.unlink(missing_ok=True)
        self._version_file.unlink(missing_ok=True)

    def finish(self) -> None:
        self.partial.replace(self.target)
        self._version_file.unlink(missing_ok=True)

    def run(self, session: requests.Session) -> None:
        """Ask for what is missing and append it; returns when the file is whole."""
        # Without compression on the way, lengths and ranges count the bytes of the file itself.
        headers = {"Accept-Encoding": "identity", **self._range_headers()}
        with session.get(
            self.url, headers=headers, stream=True, timeout=(self.timeout_s, self.timeout_s)
        ) as response:
            self._refuse_errors(response)
            if response.status_code == 200:
                start, total = 0, _content_length(response)
            else:
                start, total = _content_range(response)
            if response.status_code == 416 and total == self.have_bytes:
                return
            if start not in (0, self.have_bytes):
                self.restart()
                raise _BusyError("the server sent another range than the one asked for")
            self._check_total(total)
            ask_for_room(self.target.parent, (total or 0) - start + self.room_bytes)
            if start == 0:
                self.restart()
                write_text(self._version_file, _version_of(response))
            self._receive(response, start, total)

    def _range_headers(self) -> dict[str, str]:
        """Headers that ask for the rest; none when it cannot be told to be of the same file."""
        if self.have_bytes == 0:
            return {}
        version = self._version_file.read_text() if self._version_file.exists() else ""
        if not version and not self.expected.has_checksum:
            return {}
        condition = {"If-Range": version} if version else {}
        return {"Range": f"bytes={self.have_bytes}-", **condition}

    def _refuse_errors(self, response: requests.Response) -> None:
        status = response.status_code
        if status in _BUSY:
            raise _BusyError(
                f"the server answered {status} {response.reason}",
                response.headers.get("Retry-After"),
            )
        if status in (404, 410):
            raise GoneError(
                f"{self.url} is gone: {status} {response.reason}",
                hint="Look for its new address on the homepage of the corpus",
            )
        if status in (401, 403):
            problem, hint = "is refused", "Ask for access, or place the file by hand"
        elif status not in (200, 206, 416):
            problem, hint = "cannot be fetched", "Check the address, or place the file by hand"
        else:
            self._refuse_page(response.headers.get("Content-Type", ""))
            return
        raise InputError(f"{self.url} {problem}: {status} {response.reason}", hint=hint)

    def _refuse_page(self, content_type: str, start: bytes = b"") -> None:
        is_page = content_type.lower().startswith("text/html") or _HTML.match(start)
        if is_page and self.target.suffix not in (".html", ".htm"):
            raise InputError(
                f"{self.url} gave a web page instead of {self.target.name}, perhaps a login page",
                hint="Open the address in a browser, and place the file by hand",
            )

    def _check_total(self, total: int | None) -> None:
        wanted = self.expected.bytes
        if total is not None and wanted is not None and total != wanted:
            raise InputError(
                f"{self.url} offers {total} bytes, expected {wanted}",
                hint="The file has changed; compare with the homepage of the corpus",
            )

    def _receive(self, response: requests.Response, start: int, total: int | None) -> None:
        limit = total if total is not None else self.expected.bytes
        have = start
        with (
            progress(title=self.target.name, total=limit, unit="B", scale=True) as bar,
            self.partial.open("ab") as file,
        ):
            bar.initial = bar.n = start
            # Undecoded: some servers label a .tar.gz as a compressed transfer of a .tar.
            for chunk in response.raw.stream(_CHUNK_BYTES, decode_content=False):
                if have == 0:
                    self._refuse_page("", chunk[:512])
                file.write(chunk)
                have += len(chunk)
                bar.update(len(chunk))
                if limit is not None and have > limit:
                    self.restart()
                    raise InputError(
                        f"{self.url} sent more than the {limit} bytes expected",
                        hint="The file has changed; compare with the homepage of the corpus",
                    )
        if limit is not None and have < limit:
            raise _BusyError(f"the server announced {limit} bytes and sent {have}")


def _retry_after_s(asked: str | None) -> float:
    try:
        return 0.0 if asked is None else urllib3.util.Retry().parse_retry_after(asked)
    except urllib3.exceptions.InvalidHeader:
        return 0.0


def _content_range(response: requests.Response) -> tuple[int, int | None]:
    """Return the first byte (-1: none) and the total size in bytes that Content-Range names."""
    text = response.headers.get("Content-Range", "").strip()
    found = re.fullmatch(r"bytes (?:(\d+)-\d+|\*)/(\d+|\*)", text)
    if found is None:
        return -1, None
    return int(found[1] or -1), None if found[2] == "*" else int(found[2])


def _content_length(response: requests.Response) -> int | None:
    text = response.headers.get("Content-Length", "")
    return int(text) if text.isdigit() else None


def _version_of(response: requests.Response) -> str:
    """Return what tells one version of a file from the next: a strong ETag, or the date."""
    etag = response.headers.get("ETag", "")
    if etag and not etag.startswith("W/"):
        return etag
    return response.headers.get("Last-Modified", "")
