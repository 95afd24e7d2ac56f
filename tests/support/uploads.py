"""Source archives as `gcloud builds submit` uploads them, in the sandbox's storage."""

from __future__ import annotations

import io
import tarfile
from typing import Any

import httpx2

from support.estate import Estate


def archive(
    estate: Estate, changes: dict[str, str | None] | None = None, folder: str = "", line_end: str = ""
) -> dict[str, Any]:
    """Upload the clone's tracked files (below `folder`), with changes (None leaves a file out); the build's fields."""
    files = {name: (estate.clone.path / name).read_bytes() for name in estate.clone.git("ls-files").split("\n")}
    files |= {name: text.encode() for name, text in (changes or {}).items() if text is not None}
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as tar:
        for name, content in files.items():
            if (changes or {}).get(name, "") is None or not name.startswith(folder):
                continue
            content = content.replace(b"\n", line_end.encode()) if line_end else content
            info = tarfile.TarInfo(name.removeprefix(folder))
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    bucket = f"{estate.project}_cloudbuild"
    estate.sandbox.request("POST", "/storage/v1/b?project=demo", {"name": bucket})
    sent = _send(estate, f"/upload/storage/v1/b/{bucket}/o?uploadType=media&name=source/1.tgz", stream.getvalue())
    source = {"bucket": bucket, "object": "source/1.tgz", "generation": sent}
    return {"source": {"storageSource": source}, "sourceProvenance": {"resolvedStorageSource": source}}


def _send(estate: Estate, path: str, content: bytes) -> str:
    with httpx2.Client(trust_env=False, verify=False) as client:
        headers = {"authorization": "Bearer sandbox", "content-type": "application/gzip"}
        answer = client.post(f"http://{estate.sandbox.http}{path}", content=content, headers=headers)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["generation"])
