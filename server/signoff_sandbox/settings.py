"""What a sandbox is started with; nothing here changes while it runs, except the addresses it was given."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(slots=True)
class Settings:
    """Durations are seconds; a port of 0 means any free one; only loopback is ever bound."""

    project: str = "demo"
    location: str = "us-central1"
    token: str = "sandbox"
    identity: str = "you@example.com"  # whoever calls: creator and last modifier
    grpc_port: int = 0
    http_port: int = 0
    state: Path | None = None  # loaded if it exists, saved on exit and on request
    http_log: Path | None = None  # every HTTP exchange, one JSON object a line (wire/http_log.py)
    data: Path | None = None  # clones, builds and logs of processes; a temporary folder when None
    reconcile_seconds: float = 0.2
    traffic_seconds: float = 0.0  # from a revision being ready until requests go to it
    startup_timeout_seconds: float = 30.0  # Google waits 240; a sandbox is watched by a person or a test
    worker_steady_seconds: float = 1.0  # how long an instance of a worker pool has to run before it counts as started
    instance_grace_seconds: float = 2.0  # between SIGTERM and SIGKILL; Google gives 10
    concurrent_builds: int = 10  # https://cloud.google.com/build/quotas
    pending_seconds: float = 10.0  # how long a request waits for an instance; as Google
    idle_seconds: float = 900.0  # until an instance without requests is stopped; Google's 15 minutes
    seed: int = 0  # of the traffic split and of the random part of names
    log_lag_seconds: float = 0.0
    grpc_address: str = ""  # "127.0.0.1:port", filled in when the server listens
    http_address: str = ""
