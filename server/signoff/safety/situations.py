"""A recorded project masked for strangers: field by field, what is a name, an address, a value, a text.

What no rule below knows is text, from which known names, addresses and secrets are taken (`text_masks.py`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from signoff.safety.pseudonyms import Pseudonyms
from signoff.safety.real_names import HARMLESS, learn
from signoff.safety.redact import Held, is_secret_name
from signoff.safety.rules import HIDDEN
from signoff.safety.text_masks import TextMasks

#: Fields that hold Google's own words and numbers.
_KEPT = re.compile(
    r"@?type|severity|state|status|reason|executionReason|revisionReason|mediaType|requestMethod|protocol|ingress|"
    r"launchStage|executionEnvironment|format|mode|uid|etag|insertId|location|region"
)
#: Keys of labels and annotations that the platform sets.
_PLATFORM = re.compile(
    r"(?:run\.googleapis\.com|client\.knative\.dev|serving\.knative\.dev|autoscaling\.knative\.dev)/.*|goog-.*|"
    r"managed-by|commit-sha|gcb-(?:build-id|trigger-id|trigger-region)|project_id|location|service_name|revision_name|"
    r"configuration_name|job_name|instanceId|container_name|build_id|build_step|build_tags|build_trigger_id"
)
_ASSIGNED = re.compile(r"(?P<name>-{0,2}[A-Za-z_][\w-]*=)(?P<value>.+)", re.DOTALL)
_ANCHORS = re.compile(r"(\^?)(.*?)(\$?)", re.DOTALL)


class Situation:
    """Masks one recording; the same names become the same pseudonyms in all of it."""

    def __init__(self, held: Held, *, commits: bool = False) -> None:
        self._pseudonyms = Pseudonyms()
        self._masks = TextMasks(self._pseudonyms, held, commits=commits)

    def learn(self, kind: str, name: str) -> None:
        """A name that is known beforehand, such as a workload's."""
        self._masks.know(kind, name)

    def name(self, name: str) -> str:
        """What a known name is called in the masked state."""
        return self._masks.names(name)

    def text(self, text: str) -> str:
        return self._masks.text(text)

    def masked(self, state: Mapping[str, Any]) -> dict[str, Any]:
        """The state of a sandbox, masked. Raises ValueError where a known name is left: that is a bug of the masks."""
        learn(state, self._masks)
        made = {key: self._of(value, key) for key, value in state.items()}
        left = self._masks.leaks(_texts(made))
        if left:
            raise ValueError(f"{len(left)} names are still there after masking")
        return made

    def _of(self, value: Any, key: str, within: str = "") -> Any:
        """A value by the rule of its field, else by its type."""
        if isinstance(value, str) and _KEPT.fullmatch(key):
            return value
        rule = self._rule(key, within)
        if rule is not None:
            return rule(value)
        if isinstance(value, Mapping):
            return {name: self._of(item, name, key) for name, item in value.items()}
        if isinstance(value, list):
            return [self._of(item, key, within) for item in value]
        return self._masks.text(value) if isinstance(value, str) else value

    def _rule(self, key: str, within: str) -> Callable[[Any], Any] | None:
        match key, within:
            case "iamPolicies", _:
                return self._policies
            case "env", _:
                return self._env
            case (("labels" | "annotations" | "substitutions" | "userLabels"), _):
                return self._labels
            case "jsonPayload", _:
                return self._payload
            case (("description" | "script"), _):
                return lambda value: self._pseudonyms.of(key, str(value)) if value else value
            case "args", _:
                return lambda values: [self._argument(one) for one in values]
            case (("branch" | "branchName" | "tagName" | "ref"), _):
                return self._branch
            case "revision", ("gitSource" | "resolvedGitSource" | "connectedRepository"):
                return self._branch
            case (("url" | "uri"), ("gitSource" | "resolvedGitSource" | "gitFileSource" | "sourceToBuild")):
                return lambda value: self._pseudonyms.of("repository address", str(value)) if value else value
            case "name", ("containers" | "volumes" | "volumeMounts"):
                return lambda value: self._local(within, str(value))
            case "secretEnv", "secrets":
                return lambda values: {name: self._value(value) for name, value in values.items()}
        return None

    def _env(self, entries: Any) -> Any:
        """Of containers {name, value}; of build steps NAME=VALUE."""
        made: list[Any] = []
        for entry in entries:
            if isinstance(entry, str):
                name, equals, value = entry.partition("=")
                made.append(f"{name}{equals}{self._value(value)}")
            else:
                masked = {name: self._of(item, name, "env") for name, item in entry.items() if name != "value"}
                made.append({**masked, **({"value": self._value(entry["value"])} if "value" in entry else {})})
        return made

    def _value(self, value: str) -> str:
        return self._pseudonyms.of("value", value) if value else value

    def _labels(self, labels: Mapping[str, Any]) -> dict[str, Any]:
        return {self._masks.names(key): self._label(key, value) for key, value in labels.items()}

    def _label(self, key: str, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        if is_secret_name(key):
            return HIDDEN
        masked = self._masks.text(value)
        told = masked != value or _PLATFORM.fullmatch(key) or HARMLESS.fullmatch(value)
        return masked if told else self._pseudonyms.of("label", value)

    def _payload(self, value: Any) -> Any:
        """What an application logged as JSON: its keys may be names too."""
        if isinstance(value, Mapping):
            return {
                self._masks.names(key): HIDDEN if is_secret_name(key) and isinstance(item, str) else self._payload(item)
                for key, item in value.items()
            }
        if isinstance(value, list):
            return [self._payload(item) for item in value]
        return self._masks.text(value) if isinstance(value, str) else value

    def _argument(self, argument: str) -> str:
        """NAME=VALUE loses its value unless that says nothing."""
        found = _ASSIGNED.fullmatch(argument)
        if found is None:
            return self._masks.text(argument)
        masked = self._masks.text(found["value"])
        told = masked != found["value"] or HARMLESS.fullmatch(masked)
        return found["name"] + (masked if told else self._value(found["value"]))

    def _branch(self, pattern: str) -> str:
        begin, name, end = _ANCHORS.fullmatch(pattern).groups()  # type: ignore[union-attr]  # it fits everything
        masked = self._masks.text(name)
        if masked == name and not HARMLESS.fullmatch(name.removeprefix("refs/heads/")):
            masked = self._pseudonyms.of("branch", name)
        return f"{begin}{masked}{end}"

    def _local(self, within: str, name: str) -> str:
        """A name that has a meaning only inside of its resource, and often is a plain word."""
        kind = "container" if within == "containers" else "volume"
        return self._pseudonyms.of(kind, name) if name else name

    def _policies(self, policies: Mapping[str, Any]) -> dict[str, Any]:
        return {self._masks.text(name): self._of(policy, "policy") for name, policy in policies.items()}


def _texts(value: Any, key: str = "") -> Iterator[str]:
    """Every text of a value that is not the platform's own."""
    if isinstance(value, Mapping):
        for name, item in value.items():
            yield from _texts(item, name)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item, key)
    elif isinstance(value, str) and not _KEPT.fullmatch(key):
        yield value
