"""Where a workload that somebody else deploys is defined, as far as this repository says."""

from __future__ import annotations

import re
from pathlib import Path

from signoff.drafting.files import CI, SCRIPT, bytes_of, paths
from signoff.model.subject import Deployer, Kind
from signoff.reading.definitions import Definition, definitions
from signoff.reading.errors import Unreadable

_TERRAFORM = re.compile(r".+\.tf")
_OTHERS = re.compile(r".+\.(ya?ml|ts|js|py|go)")
_SIGNS = (b"google_cloud_run", b"cloud-run", b"cloud_run", b"serving.knative.dev", b"cloudrun", b"gcloud")


def defined_in(root: Path, by: Deployer, kind: Kind, name: str) -> tuple[Definition, ...]:
    """Places in the working tree that define the workload (its name on Cloud Run), those by its name first.

    Where one has its name, those whose name is known only where they are run are left out.
    """
    found: list[Definition] = []
    for path in sorted(paths(root)):
        if not _is_of(path, by):
            continue
        try:
            data = bytes_of(root / path)
            if any(sign in data for sign in _SIGNS):
                found += definitions(path, data, kind, name)
        except Unreadable:
            continue  # another file may say it; that none does is said
    certain = tuple(one for one in found if one.certain)
    return certain or tuple(found)


def _is_of(path: str, by: Deployer) -> bool:
    if by == "terraform":
        return _TERRAFORM.fullmatch(path) is not None
    if by == "ci":
        return CI.fullmatch(path) is not None
    name = path.rpartition("/")[2]
    return any(pattern.fullmatch(name) for pattern in (_OTHERS, SCRIPT))
