"""Real gcloud on one sandbox per file; at the end, Google's discovery documents examine every answer it got.

The sandbox is shared by the tests of a file, since a command of gcloud takes a second: each names its own resources.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.exchanges import read_log, wrong
from support.gcloud import MISSING, Gcloud, connected, installed
from support.sandbox import running_sandbox


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if not installed():
        for item in items:
            if Path(__file__).parent in item.path.parents:
                item.add_marker(pytest.mark.skip(reason=MISSING))


@pytest.fixture(scope="module")
def gcloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gcloud]:
    folder = tmp_path_factory.mktemp("gcloud")
    log = folder / "http.jsonl"
    with running_sandbox(None, "--http-log", str(log), "--data", str(folder / "data")) as sandbox:
        yield connected(sandbox, folder)
    exchanges = read_log(log)
    assert exchanges, "gcloud asked the sandbox nothing"
    assert [problem for exchange in exchanges for problem in wrong(exchange)] == []
