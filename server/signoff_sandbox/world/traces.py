"""The trace that a request belongs to. https://cloud.google.com/run/docs/trace"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass

_CLOUD = re.compile(r"(?P<trace>[0-9a-f]{32})(?:/(?P<span>\d+))?(?:;o=(?P<sampled>\d))?", re.IGNORECASE)
# https://www.w3.org/TR/trace-context/#traceparent-header
_PARENT = re.compile(r"[0-9a-f]{2}-(?P<trace>[0-9a-f]{32})-(?P<span>[0-9a-f]{16})-(?P<flags>[0-9a-f]{2})")


@dataclass(frozen=True, slots=True)
class Trace:
    """Trace and span in hexadecimal; both are made for a request that has none."""

    trace: str
    span: str
    sampled: bool = False

    @classmethod
    def of(cls, headers: Mapping[str, str]) -> Trace:
        """From the headers of a request (by lower-case name)."""
        found = _CLOUD.match(headers.get("x-cloud-trace-context", ""))
        if found:
            span = f"{int(found['span']):016x}" if int(found["span"] or 0) else secrets.token_hex(8)
            return cls(found["trace"].lower(), span, found["sampled"] == "1")
        found = _PARENT.match(headers.get("traceparent", ""))
        if found:
            return cls(found["trace"], found["span"], int(found["flags"], 16) & 1 == 1)
        return cls(secrets.token_hex(16), secrets.token_hex(8))

    def passed_on(self) -> list[tuple[bytes, bytes]]:
        """The headers that the container gets."""
        context = f"{self.trace}/{int(self.span, 16)};o={int(self.sampled)}"
        parent = f"00-{self.trace}-{self.span}-{int(self.sampled):02x}"
        return [(b"x-cloud-trace-context", context.encode()), (b"traceparent", parent.encode())]

    def answered(self) -> tuple[bytes, bytes]:
        """The header that the client gets."""
        return b"x-cloud-trace-context", f"{self.trace};o={int(self.sampled)}".encode()
