"""What an edge is: routes by host and path, their logins and caches, and its certificate. From TOML or JSON."""

from __future__ import annotations

import json
import re
import tomllib
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    field_validator,
    model_validator,
)

ANY_HOST = "*"
BACKENDS = ("service", "backend", "answer", "redirect", "spa")

LoginKind = Literal[
    "iap",
    "cloudflare-access",
    "cloudflare-service-token",
    "oauth2-proxy",
    "oauth2-proxy-page",
    "form",
    "google",
    "oidc",
    "saml",
    "basic",
    "bearer",
]
CacheMode = Literal["USE_ORIGIN_HEADERS", "FORCE_CACHE_ALL"]
HeaderName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]+$")]
HeaderText = Annotated[str, StringConstraints(pattern=r"^[ -~]*$")]
Certificate = Literal["valid", "expired", "not-yet-valid", "wrong-host", "unknown-ca", "self-signed"]

# Nothing in here means anything to nginx within quotes, or to a shell that somebody copies it into.
_PATH = re.compile(r"/[A-Za-z0-9._~!&+,;=:@/-]*")
_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")
_BACKEND = re.compile(r"[A-Za-z0-9.-]+:\d{1,5}")


class ConfigError(Exception):
    """The configuration cannot be used; the message names file, key and cause, one a line."""


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Answer(_Model):
    """What the load balancer answers by itself."""

    status: int = Field(default=200, ge=200, le=599)
    body: str = ""
    type: HeaderText = "text/plain; charset=utf-8"
    headers: dict[HeaderName, HeaderText] = {}


class Route(_Model):
    """Where requests for a path go. `path` is exact, or a prefix that ends in `/*`, as in a URL map of Google's.

    https://cloud.google.com/load-balancing/docs/url-map-concepts
    """

    path: str
    host: str = ANY_HOST
    service: str | None = None  # of the sandbox: its short name, or projects/P/locations/L/services/S
    tag: str | None = None  # with `service`: the address of this traffic tag
    backend: str | None = None  # host:port of anything else that speaks HTTP
    answer: Answer | None = None
    redirect: HeaderText | None = None  # a URL; answered with 301
    spa: str | None = None  # folder of a single-page app: what is no file in it is answered with its index.html
    login: LoginKind | None = None
    credential: HeaderText = "let-me-in"  # whoever shows it passes the login
    login_at: HeaderText | None = None  # where the login sends people, in place of its usual address
    cache: CacheMode | None = None
    ttl: int = Field(default=3600, ge=1)  # seconds; of FORCE_CACHE_ALL
    negative_caching: bool = False

    @property
    def prefix(self) -> str | None:
        """`/api/` of `/api/*`; None if the path is exact."""
        return self.path[:-1] if self.path.endswith("/*") else None

    @field_validator("path")
    @classmethod
    def _is_path(cls, path: str) -> str:
        plain = path.removesuffix("*") if path.endswith("/*") else path
        if not _PATH.fullmatch(plain):
            raise ValueError("must be a path such as '/reports' or '/api/*' of plain characters; '*' is for the end")
        return path

    @field_validator("host")
    @classmethod
    def _is_host(cls, host: str) -> str:
        return host if host == ANY_HOST else is_host(host)

    @field_validator("backend")
    @classmethod
    def _is_backend(cls, backend: str | None) -> str | None:
        if backend is not None and not _BACKEND.fullmatch(backend):
            raise ValueError("must be HOST:PORT")
        return backend

    @field_validator("login_at")
    @classmethod
    def _is_login_page(cls, place: str | None) -> str | None:
        parts = urlsplit(place or "/")
        if parts.scheme in ("http", "https") and is_host(parts.hostname or ""):
            return place
        if parts.scheme or parts.netloc or not _PATH.fullmatch(parts.path):
            raise ValueError("must be a URL, or a path of plain characters")
        return place

    @field_validator("spa")
    @classmethod
    def _is_app(cls, spa: str | None) -> str | None:
        if spa is not None and (re.search(r'[$"\\\n]', spa) or not (Path(spa) / "index.html").is_file()):
            raise ValueError(f"{spa!r} is no folder with an index.html")
        return spa

    @model_validator(mode="after")
    def _has_one_backend(self) -> Self:
        if sum(getattr(self, name) is not None for name in BACKENDS) != 1:
            raise ValueError(f"needs exactly one of {', '.join(BACKENDS)}")
        if self.tag is not None and self.service is None:
            raise ValueError("'tag' is for a 'service'")
        if self.negative_caching and self.cache is None:
            raise ValueError("'negative_caching' is for a route with a 'cache'")
        if self.cache is not None and self.spa is not None:
            raise ValueError("'cache' is not for a 'spa', which is served from its folder")
        return self


class EdgeConfig(_Model):
    """The whole edge. `hosts` are the public names that its certificate is for, beside localhost and 127.0.0.1."""

    routes: tuple[Route, ...] = Field(strict=False)
    hosts: tuple[str, ...] = Field(default=(), strict=False)
    provider: Literal["google", "cloudflare"] = "google"  # whose headers the answers have
    certificate: Certificate = "valid"
    https_only: bool = False  # requests over http are redirected

    @field_validator("hosts")
    @classmethod
    def _are_hosts(cls, hosts: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(is_host(host) for host in hosts)

    @model_validator(mode="after")
    def _has_each_path_once(self) -> Self:
        if not self.routes:
            raise ValueError("needs at least one route")
        for (host, path), times in Counter((route.host, route.path) for route in self.routes).items():
            if times > 1:
                raise ValueError(f"{path} is routed {times} times for host {host}")
        return self


def is_host(host: str) -> str:
    """The host name as it was given. Raises ValueError."""
    if not _HOST.fullmatch(host):
        raise ValueError(f"{host!r} is no host name in lower case")
    return host


def everything_to(service: str) -> EdgeConfig:
    """The plainest edge: every path to one service."""
    return EdgeConfig(routes=(Route(path="/*", service=service),))


def read_config(path: Path) -> EdgeConfig:
    """The configuration in a file: JSON if its name ends in .json, TOML otherwise. Raises ConfigError.

    Folders in it are looked for from the file's own folder.
    """
    try:
        text = path.read_text(encoding="utf-8")
        content = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise ConfigError(f"{path}: {error}") from error
    return parse_config(content, str(path), path.parent)


def parse_config(content: Any, source: str, folder: Path | None = None) -> EdgeConfig:
    """The configuration in a JSON object, `folder` being where its relative paths start. Raises ConfigError."""
    if not isinstance(content, Mapping):
        raise ConfigError(f"{source}: must be an object with 'routes'")
    routes = content.get("routes")
    if folder is not None and isinstance(routes, list):
        content = {**content, "routes": [_placed(route, folder) for route in routes]}
    try:
        return EdgeConfig.model_validate(content)
    except ValidationError as error:
        problems = []
        for problem in error.errors():
            place = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in problem["loc"])
            problems.append(f"{source}: {place.lstrip('.') or 'edge'}: {problem['msg'].removeprefix('Value error, ')}")
        raise ConfigError("\n".join(problems)) from error


def _placed(route: Any, folder: Path) -> Any:
    if isinstance(route, Mapping) and isinstance(route.get("spa"), str):
        return {**route, "spa": str((folder / route["spa"]).resolve())}
    return route
