"""The regions of Cloud Run. https://cloud.google.com/run/docs/locations"""

from __future__ import annotations

#: Area -> the rest of the names of its regions.
_AREAS: dict[str, str] = {
    "africa": "south1",
    "asia": "east1 east2 northeast1 northeast2 northeast3 south1 south2 southeast1 southeast2",
    "australia": "southeast1 southeast2",
    "europe": "central2 north1 north2 southwest1 west1 west10 west12 west2 west3 west4 west6 west8 west9",
    "me": "central1 central2 west1",
    "northamerica": "northeast1 northeast2 south1",
    "southamerica": "east1 west1",
    "us": "central1 east1 east4 east5 south1 west1 west2 west3 west4",
}
REGIONS = frozenset(f"{area}-{one}" for area, rest in _AREAS.items() for one in rest.split())
