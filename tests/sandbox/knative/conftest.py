"""Cloud Run's v1 API over HTTP, asked as gcloud asks: by the name of a regional host."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx2
import pytest

SERVING = "/apis/serving.knative.dev/v1/namespaces/demo"
LOCATED = "/v1/projects/demo/locations"


@dataclass(frozen=True)
class Run:
    """`await run("GET", path)` is the JSON of an answer of `status`."""

    http: httpx2.AsyncClient

    async def __call__(
        self, verb: str, path: str, content: Any = None, *, status: int = 200, region: str = "us-central1"
    ) -> Any:
        host = f"{region}-run.googleapis.com" if region else "run.googleapis.com"
        answer = await self.http.request(verb, path, json=content, headers={"host": host})
        assert answer.status_code == status, answer.text
        return answer.json()


@pytest.fixture
def run(http: httpx2.AsyncClient) -> Run:
    return Run(http)
