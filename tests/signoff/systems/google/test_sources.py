from __future__ import annotations

import hashlib
import io
import subprocess
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signoff.boundary import Incomplete, Malformed
from signoff.systems.google import sources
from signoff.systems.google.sources import read_archive


def tarball(files: Mapping[str, bytes], links: Mapping[str, str] | None = None) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
        for name, target in (links or {}).items():
            info = tarfile.TarInfo(name)
            info.type, info.linkname = tarfile.SYMTYPE, target
            tar.addfile(info)
    return stream.getvalue()


def zipped(files: Mapping[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.mkdir("empty")
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()


@given(st.binary(max_size=200))
def test_ids_are_those_that_git_gives(content: bytes) -> None:
    expected = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
    for raw in (tarball({"./a/b": content}), zipped({"a/b": content})):
        (file,) = read_archive(raw, "sha1")
        assert file.path == b"a/b"
        assert expected in file.ids
        assert file.sha256 == hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
def test_git_itself_agrees(algorithm: str, tmp_path: Path) -> None:
    subprocess.run(["git", "init", "--quiet", f"--object-format={algorithm}", tmp_path], check=True)
    (tmp_path / "file").write_bytes(b"one\ntwo\n")
    argv = ["git", "hash-object", "file"]
    told = subprocess.run(argv, cwd=tmp_path, check=True, capture_output=True, text=True).stdout.strip()
    for content in (b"one\ntwo\n", b"one\r\ntwo\r\n"):
        (file,) = read_archive(tarball({"file": content}), algorithm)  # type: ignore[arg-type]
        assert told in file.ids


def test_a_symbolic_link_is_its_target() -> None:
    (link,) = read_archive(tarball({}, {"current": "releases/1"}), "sha1")
    assert hashlib.sha1(b"blob 10\0releases/1").hexdigest() in link.ids


@pytest.mark.parametrize("cut", [1, 40])
def test_an_archive_cut_short_is_no_archive(cut: int) -> None:
    whole = tarball({"a": b"x" * 5000, "b": bytes(range(256)) * 40})
    with pytest.raises(Malformed):
        list(read_archive(whole[: len(whole) // 2 - cut], "sha1"))
    with pytest.raises(Malformed):
        list(read_archive(b"not an archive", "sha1"))


@pytest.mark.parametrize("pack", [tarball, zipped])
def test_a_small_archive_of_a_huge_file_is_not_unpacked(pack: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "LARGEST", 1000)
    packed = pack({"huge": b"0" * 100_000})  # type: ignore[operator]
    assert len(packed) < 1000 or pack is zipped
    with pytest.raises(Incomplete):
        list(read_archive(packed, "sha1"))
