"""Makes `discovery.json` from Google's discovery documents: `python -m signoff_sandbox.wire.make_discovery`.

The documents ship with google-api-python-client (111 MB), which only developers have. Their method names and paths are
read here once, and a test compares.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("discovery.json")
#: The APIs that gcloud speaks to for what the sandbox is about.
APIS = (
    *(
        "run.v1",
        "run.v2",
        "cloudbuild.v1",
        "cloudbuild.v2",
        "artifactregistry.v1",
        "containeranalysis.v1",
        "logging.v2",
    ),
    *("cloudscheduler.v1", "secretmanager.v1", "storage.v1", "serviceusage.v1", "cloudresourcemanager.v1"),
    *("cloudresourcemanager.v3", "iam.v1", "iamcredentials.v1"),
)


def table() -> dict[str, Any]:
    """{API: {"title", "host", "methods": {name: "GET /path/{placeholder}"}}}."""
    return {api: _api(api) for api in APIS}


def _api(api: str) -> dict[str, Any]:
    folder = resources.files("googleapiclient.discovery_cache").joinpath("documents")
    document = json.loads(folder.joinpath(f"{api}.json").read_text(encoding="utf-8"))
    return {
        "title": f"{document['title']} {document['version']}",
        "host": document["rootUrl"].removeprefix("https://").rstrip("/"),
        "methods": {
            method["id"]: f"{method['httpMethod']} /{document['servicePath']}{method.get('flatPath', method['path'])}"
            for method in _walk(document)
        },
    }


def _walk(resource: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from resource.get("methods", {}).values()
    for child in resource.get("resources", {}).values():
        yield from _walk(child)


def text() -> str:
    """The table as it is committed."""
    return json.dumps(table(), indent=1) + "\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
