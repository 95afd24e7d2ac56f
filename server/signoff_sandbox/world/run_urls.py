"""The run.app URLs of services: one that can be foretold, one with a hash, and those of traffic tags.

https://cloud.google.com/run/docs/triggering/https-request#service-url. Nothing resolves these names: they are answered
where the sandbox speaks HTTP, by the request's Host (`wire/hosts.py`).
"""

from __future__ import annotations

import hashlib
import re

from signoff_sandbox.world.cloud import Cloud
from signoff_sandbox.world.projects import number_of
from signoff_sandbox.world.run_names import location_of, project_of, short

DOMAIN = ".run.app"
#: A label of a domain name is no longer (RFC 1035); a longer name has no URL that can be foretold.
LONGEST_LABEL = 63
#: How URLs with a hash abbreviate regions; the others are written out.
ABBREVIATIONS = {
    "asia-east1": "de",
    "asia-northeast1": "an",
    "asia-northeast2": "dt",
    "asia-northeast3": "du",
    "asia-south1": "el",
    "asia-southeast1": "as",
    "asia-southeast2": "et",
    "australia-southeast1": "ts",
    "europe-north1": "lz",
    "europe-west1": "ew",
    "europe-west2": "nw",
    "europe-west3": "ey",
    "europe-west4": "ez",
    "europe-west6": "oa",
    "northamerica-northeast1": "nn",
    "southamerica-east1": "rj",
    "us-central1": "uc",
    "us-east1": "ue",
    "us-east4": "uk",
    "us-west1": "uw",
    "us-west2": "wl",
    "us-west3": "wm",
    "us-west4": "wn",
}
_TAGGED = re.compile(r"(?:(?P<tag>[a-z][-a-z0-9]*?)---)?(?P<rest>[a-z][-a-z0-9.]*)")


def urls(service: str) -> list[str]:
    """The run.app URLs of a service (full name), the one that can be foretold first."""
    return [f"https://{host}" for host in _hosts(service)]


def find(cloud: Cloud, host: str) -> tuple[str, str | None] | None:
    """The service (full name) and the tag that a host `[TAG---]….run.app` stands for; None if it is no service's."""
    matched = _TAGGED.fullmatch(host.lower())
    if matched is None:
        return None
    for name in cloud.store.names("services"):
        if matched["rest"] in _hosts(name):
            return name, matched["tag"]
    return None


def is_run_app(host: str) -> bool:
    return host.lower().endswith(DOMAIN)


def _hosts(service: str) -> list[str]:
    location, name = location_of(service), short(service)
    hashed = hashlib.sha256(f"{service}".encode()).digest()
    letters = "".join("abcdefghijklmnopqrstuvwxyz234567"[byte % 32] for byte in hashed[:10])
    ending = f"-{letters}-{ABBREVIATIONS.get(location, location)}"
    hosts = [f"{name[: LONGEST_LABEL - len(ending)]}{ending}.a{DOMAIN}"]
    foretold = f"{name}-{number_of(project_of(service))}"
    if len(foretold) <= LONGEST_LABEL:
        hosts.insert(0, f"{foretold}.{location}{DOMAIN}")
    return hosts
