"""Google's path templates (google.api.http): `/v2/{name=projects/*/locations/*/services/*}:getIamPolicy`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import unquote

from signoff_sandbox.wire.table import Binding, Rpc

_VARIABLE = re.compile(r"\{(?P<field>[\w.]+)(?:=(?P<shape>[^}]+))?\}")
_CUSTOM_VERB = re.compile(r":\w+$")


@dataclass(frozen=True, slots=True)
class Route:
    """A binding with its path as a regular expression; groups `v0`, `v1`, … hold the values of `fields`."""

    rpc: Rpc
    binding: Binding
    pattern: re.Pattern[str]
    fields: tuple[str, ...]

    def match(self, path: str) -> dict[str, str] | None:
        """Field path -> value of a raw (still percent-encoded) path, or None."""
        found = self.pattern.fullmatch(path)
        if found is None:
            return None
        return {field: _decoded(found.group(f"v{index}")) for index, field in enumerate(self.fields)}


def _decoded(value: str) -> str:
    """In a value of several segments an encoded slash stays encoded, since it is no separator there."""
    if "/" not in value:
        return unquote(value)
    return "/".join(unquote(re.sub("%2[fF]", "%252F", segment)) for segment in value.split("/"))


def routes(rpcs: Iterable[Rpc]) -> dict[str, list[Route]]:
    """HTTP verb -> its routes, those with a custom verb first: `*` would swallow `:wait` otherwise."""
    table: dict[str, list[Route]] = {}
    for rpc in rpcs:
        for binding in rpc.bindings:
            pattern, fields = compiled(binding.uri)
            table.setdefault(binding.verb.upper(), []).append(Route(rpc, binding, pattern, fields))
    for found in table.values():
        found.sort(key=lambda route: (_CUSTOM_VERB.search(route.binding.uri) is None, "**" in route.binding.uri))
    return table


def compiled(uri: str) -> tuple[re.Pattern[str], tuple[str, ...]]:
    """A template as a regular expression and the fields that its variables fill."""
    pattern, end = "", 0
    fields: list[str] = []
    for variable in _VARIABLE.finditer(uri):
        pattern += re.escape(uri[end : variable.start()])
        shape = variable.group("shape") or "*"
        segments = [{"*": "[^/]+", "**": ".+"}.get(segment, re.escape(segment)) for segment in shape.split("/")]
        pattern += f"(?P<v{len(fields)}>{'/'.join(segments)})"
        fields.append(variable.group("field"))
        end = variable.end()
    return re.compile(pattern + re.escape(uri[end:])), tuple(fields)
