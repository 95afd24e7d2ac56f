"""Source archives that somebody uploaded for a build: which files, with the ids that git would give them."""

from __future__ import annotations

import asyncio
import hashlib
import io
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from signoff.boundary import Boundary, Incomplete, Malformed, Question
from signoff.model.builds import Upload
from signoff.model.facts import Known, Unknown, Why
from signoff.model.quoted import Quoted
from signoff.systems.google.connection import Connection
from signoff.systems.google.errors import is_missing

LARGEST = 512 * 1024 * 1024
"""Bytes of an archive, packed or unpacked, that are read at most."""
_SECONDS = 60.0
_CHUNK = 1024 * 1024


@dataclass(frozen=True, slots=True)
class ArchiveFile:
    """A file of an archive. `ids`: git blob ids of its content, as it is and with Windows line ends undone.

    `sha256` is of the content alone: an LFS pointer names that.
    """

    path: bytes
    ids: frozenset[str]
    sha256: str


class Sources:
    """Archives in Cloud Storage."""

    def __init__(self, boundary: Boundary, google: Connection) -> None:
        self._boundary = boundary
        self._google = google

    async def files(
        self, upload: Upload, algorithm: Literal["sha1", "sha256"]
    ) -> Known[tuple[ArchiveFile, ...] | None] | Unknown:
        """The files of an archive; Known(None) where it is not kept any more. `algorithm`: of the repository."""
        generation = f"#{upload.generation}" if upload.generation else ""
        name = f"gs://{upload.bucket}/{upload.name}{generation}"
        question = Question("storage", "objects.get", Quoted(name), ("gcloud", "storage", "cat", name))

        async def fetch() -> bytes | None:
            await self._google.login()
            try:
                return await asyncio.to_thread(self._download, upload)
            except Exception as error:
                if is_missing(error):
                    return None
                raise

        def read(raw: bytes | None) -> tuple[ArchiveFile, ...] | None:
            return None if raw is None else tuple(read_archive(raw, algorithm))

        return await self._boundary.ask(question, fetch, read, self._why, seconds=_SECONDS)

    def _download(self, upload: Upload) -> bytes:
        blob = self._google.storage.bucket(upload.bucket).blob(upload.name, generation=upload.generation or None)
        blob.reload(retry=None)
        if (blob.size or 0) > LARGEST:
            raise Incomplete(f"an archive of {blob.size} bytes is not read")
        content: bytes = blob.download_as_bytes(retry=None)
        if len(content) != blob.size:
            raise Incomplete("the archive came cut short")
        return content

    def _why(self, error: Exception) -> Why | None:
        import requests

        return "unreachable" if isinstance(error, requests.RequestException) else self._google.why(error)


def read_archive(raw: bytes, algorithm: Literal["sha1", "sha256"]) -> Iterator[ArchiveFile]:
    """The files and symbolic links of a .zip or .tar.gz. Raises Malformed, and Incomplete where it is too large."""
    left = LARGEST
    try:
        for path, content in _unpacked(raw):
            left -= len(content)
            if left < 0:
                raise Incomplete("an archive that unpacks to that much is not read")
            yield ArchiveFile(path, _ids(content, algorithm), hashlib.sha256(content).hexdigest())
    except (tarfile.TarError, zipfile.BadZipFile, zlib.error, OSError, EOFError) as error:
        raise Malformed("not a readable archive") from error


def _unpacked(raw: bytes) -> Iterator[tuple[bytes, bytes]]:
    stream = io.BytesIO(raw)
    if zipfile.is_zipfile(stream):
        with zipfile.ZipFile(stream) as archive:
            for entry in archive.infolist():
                if not entry.is_dir():
                    _check_size(entry.file_size)
                    yield _path(entry.filename), archive.read(entry)
        return
    with tarfile.open(fileobj=io.BytesIO(raw)) as tar:
        for member in tar:
            if member.issym():
                yield _path(member.name), member.linkname.encode("utf-8", "surrogateescape")
            elif member.isreg() or member.islnk():
                _check_size(member.size)
                opened = tar.extractfile(member)
                yield _path(member.name), opened.read() if opened else b""


def _check_size(size: int) -> None:
    """Before it is unpacked: a small archive can hold a huge file."""
    if size > LARGEST:
        raise Incomplete("an archive that unpacks to that much is not read")


def _path(name: str) -> bytes:
    return name.removeprefix("./").lstrip("/").encode("utf-8", "surrogateescape")


def _ids(content: bytes, algorithm: Literal["sha1", "sha256"]) -> frozenset[str]:
    variants = {content, content.replace(b"\r\n", b"\n")}
    return frozenset(
        hashlib.new(algorithm, b"blob %d\0" % len(v) + v, usedforsecurity=False).hexdigest() for v in variants
    )
