"""The plain way to tell errors apart, to measure beside: every message and every frame is normalised with regexes."""

from __future__ import annotations

import re

_FRAMES = (
    re.compile(r'^\s*File "(?P<path>[^"]+)", line \d+, in (?P<name>.+)$'),
    re.compile(r"^\s*at (?:async )?(?:(?P<name>[^\s(]+) \()?(?P<path>(?:file://|node:)?[^\s()]+?):\d+:\d+\)?"),
    re.compile(r"^\s*at (?P<name>[\w.$/<>]+)\((?P<path>[^)]*)\)"),
    re.compile(r"^\t(?P<path>\S+\.go):\d+(?P<name>)"),
)
_HEAD = re.compile(
    r"^(?:Exception in thread \S+ )?(?P<kind>(?:[\w$]+\.)*[A-Z]\w*(?:Error|Exception)|panic|fatal error): (?P<said>.*)$"
)
_LIBRARY = re.compile(
    r"site-packages|dist-packages|lib/python|node_modules|node:|^java\.|^jdk\.|^org\.springframework|/usr/local/go"
)
_STEPS = tuple(
    (re.compile(pattern), put)
    for pattern, put in (
        (r"\b[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\b", "<uuid>"),
        (r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?", "<time>"),
        (r"https?://[^\s\"']+", "<url>"),
        (r"[\w.+-]+@[\w-]+\.[\w.]+", "<email>"),
        (r"\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b", "<address>"),
        (r"0x[0-9a-fA-F]+", "<hex>"),
        (r"\b[0-9a-f]{8,}\b", "<hex>"),
        (r"/(?:app|workspace|srv|usr/src/app|home/\w+)/", "/"),
        (r"\b\d+(?:\.\d+)?(?:ms|s|m|h|MB|MiB|KB|GB)\b", "<amount>"),
        (r"-[A-Za-z0-9_]{8,}\.(?:js|mjs|css)", "-<hash>.js"),
        (r"\d+", "<n>"),
        (r"\s+", " "),
    )
)


def plain_signature(text: str) -> str:
    """Type and in-app frames, else the message; each put through every step."""
    kind, said, frames = "", "", []
    for line in text.splitlines():
        for pattern in _FRAMES:
            if found := pattern.search(line):
                place = f"{_normal(found['path'])}:{_normal(found['name'] or '')}"
                if not _LIBRARY.search(place):
                    frames.append(place)
                break
        else:
            words = _normal(line)
            if head := _HEAD.search(line):
                kind, said = head["kind"], _normal(head["said"])
            said = said or words
    return f"{kind} {frames}" if frames else f"{kind} {said}"


def _normal(text: str) -> str:
    for pattern, put in _STEPS:
        text = pattern.sub(put, text)
    return text.strip()
