"""Google's names of HTTP methods, from the committed part of its discovery documents."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from importlib import resources

from signoff_sandbox.wire.paths import may_mean

_PLACEHOLDER = re.compile(r"\{[^}]+\}")
_PARENT = re.compile(r"\{v\d+Id\}")  # what the documents call a parent of several kinds
_CUSTOM_VERB = re.compile(r":\w+$")


@dataclass(frozen=True, slots=True)
class Declared:
    """A method as a discovery document has it; `path` with placeholders in braces."""

    name: str
    verb: str
    path: str

    def example(self) -> str:
        """A path of this method; where it may be of a project or of something else, of a project."""
        return _PLACEHOLDER.sub("x1", _PARENT.sub("projects", self.path))


@dataclass(frozen=True, slots=True)
class Api:
    """`key` is `run.v1`, `title` for people, `host` where it answers."""

    key: str
    title: str
    host: str
    methods: tuple[Declared, ...]


@cache
def apis() -> tuple[Api, ...]:
    """Every API of which the methods are known by name."""
    text = resources.files("signoff_sandbox.wire").joinpath("discovery.json").read_text(encoding="utf-8")
    found = json.loads(text)
    return tuple(
        Api(
            key,
            api["title"],
            api["host"],
            tuple(Declared(name, *line.split()) for name, line in api["methods"].items()),
        )
        for key, api in found.items()
    )


def declared(verb: str, host: str, path: str) -> str | None:
    """The name of the method that a request means; None where no known API declares one.

    APIs share paths; a host that is none of Google's (a loopback address) means any of them.
    """
    fitting = (
        name
        for owner, method, pattern, name in _patterns()
        if method == verb and may_mean(host, owner) and pattern.fullmatch(path)
    )
    return next(fitting, None)


@cache
def _patterns() -> list[tuple[str, str, re.Pattern[str], str]]:
    """Host, verb, path and name; custom verbs first, since a placeholder would swallow them."""
    methods = [(api.host, method) for api in apis() for method in api.methods]
    methods.sort(key=lambda entry: _CUSTOM_VERB.search(entry[1].path) is None)
    return [(host, method.verb, _pattern(method.path), method.name) for host, method in methods]


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile("[^/]+".join(re.escape(part) for part in _PLACEHOLDER.split(path)))
