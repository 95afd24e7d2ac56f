"""Packages of the extra `sandbox`, which an installation may lack: what needs one then says so."""

from __future__ import annotations

import importlib
from typing import Any

from signoff_sandbox.world.errors import lacks_package

#: Module -> the distribution that brings it.
DISTRIBUTIONS = {
    "google.cloud.scheduler_v1": "google-cloud-scheduler",
    "google.cloud.secretmanager_v1": "google-cloud-secret-manager",
    "google.cloud.devtools.containeranalysis_v1": "google-cloud-containeranalysis",
    "grafeas.grafeas_v1": "grafeas",
    "cronsim": "cronsim",
}
#: Package of messages -> the module that defines them.
MESSAGES = {
    "google.cloud.scheduler.v1": "google.cloud.scheduler_v1",
    "google.cloud.secretmanager.v1": "google.cloud.secretmanager_v1",
    "google.devtools.containeranalysis.v1": "google.cloud.devtools.containeranalysis_v1",
    "grafeas.v1": "grafeas.grafeas_v1",
}


def load(module: str, needed_by: str) -> Any:
    """The module. If its distribution is not installed: UNIMPLEMENTED, which names it and `needed_by`."""
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as missing:
        for name, distribution in DISTRIBUTIONS.items():
            if module == name or module.startswith(f"{name}."):
                raise lacks_package(needed_by, distribution) from missing
        raise
