"""`[[workloads.NAME.smoke]]`: a request that users send, and what they get."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, Discriminator, Field, Tag
from pydantic_core import PydanticCustomError

from signoff.config.loosens import Loosens, changed, dropped
from signoff.config.table import Table, tag_of

HeaderName = Annotated[str, Field(pattern=r"^[A-Za-z0-9!#$%&'*+.^_`|~-]+$")]
"""https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2"""
Status = Annotated[int, Field(ge=100, le=599)]
IDENTITY_KEYS = ("id_token_audience", "bearer_env")


_PLACEHOLDER = re.compile(r"\{[A-Za-z_]\w*(?:\.\.\.)?\}")
"""As the lines to be pasted for a new route have it: no user asks for `/orders/{id}`."""


def _with_values(path: str) -> str:
    if _PLACEHOLDER.search(path):
        raise PydanticCustomError("path_placeholder", "a placeholder")
    return path


def _listed(written: Any) -> Any:
    return (written,) if isinstance(written, int) and not isinstance(written, bool) else written


def _text_or_json(written: Any) -> Any:
    if not isinstance(written, str | dict | list):
        raise PydanticCustomError("body_type", "a body")
    return written


class JsonTypeTable(Table):
    """Whatever stands there is of this type."""

    type: Literal["string", "number", "integer", "boolean", "array", "object", "null"] = Field(
        description="A type of JSON Schema."
    )


def _json_of(written: Any) -> str | None:
    if isinstance(written, dict | BaseModel):
        return "<type>"
    return "<value>" if isinstance(written, str | int | float | bool) else None


JsonValue = Annotated[
    Annotated[str | int | float | bool, Tag("<value>")] | Annotated[JsonTypeTable, Tag("<type>")],
    Discriminator(_json_of, custom_error_type="json_one_of", custom_error_message="a value or a type"),
]


class IdTokenTable(Table):
    """A Google ID token of the identity that signoff has."""

    id_token_audience: str = Field(min_length=1, description="The audience that the token is made for.")


class BearerTable(Table):
    """A token that the environment holds."""

    bearer_env: str = Field(
        pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", description="The environment variable that holds the bearer token."
    )


def _identity_of(written: Any) -> str | None:
    return tag_of(written, IDENTITY_KEYS)


IdentityTable = Annotated[
    Annotated[IdTokenTable, Tag("<id_token_audience>")] | Annotated[BearerTable, Tag("<bearer_env>")],
    Discriminator(_identity_of, custom_error_type="identity_one_of", custom_error_message="one identity"),
]


def _allows_more(old: tuple[int, ...], new: tuple[int, ...]) -> bool:
    """Nothing written stands for every 2xx."""
    if not new:
        return bool(old)
    return not all(status in old if old else 200 <= status < 300 for status in new)


def _expects_fewer(old: dict[str, Any], new: dict[str, Any]) -> bool:
    return any(path not in new or new[path] != value for path, value in old.items())


class SmokeTable(Table):
    """A request through the real edge."""

    path: Annotated[str, AfterValidator(_with_values), Loosens("another path is tried", changed)] = Field(
        pattern=r"^/[^\s#]*$", description="The path that is asked, for instance /api/reports."
    )
    method: Annotated[
        Literal["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"], Loosens("it is asked otherwise", changed)
    ] = Field(default="GET", description="The HTTP method.")
    expect: Annotated[Literal["reach", "blocked"], Loosens("something else is expected", changed)] = Field(
        default="reach",
        description="`reach`: the answer comes from the workload; `blocked`: nobody gets through without an identity.",
    )
    status: Annotated[
        tuple[Status, ...],
        BeforeValidator(_listed, json_schema_input_type=Status | list[Status]),
        Loosens("more statuses are accepted", _allows_more),
    ] = Field(default=(), strict=False, description="The status that is expected, or several. Left out: any 2xx.")
    content_type: Annotated[str | None, Loosens("its content type is not looked at", dropped)] = Field(
        default=None,
        pattern=r"^[^\s/;]+/[^\s/;]+(;.*)?$",
        description="The content type that is expected, for instance application/json.",
    )
    contains: Annotated[str | None, Loosens("its body is not looked at", dropped)] = Field(
        default=None, min_length=1, description="A text that the body has to contain."
    )
    json_values: Annotated[dict[str, JsonValue], Loosens("less is expected of its JSON", _expects_fewer)] = Field(
        default={},
        description='What stands in the JSON body, by its path: a value, or `{ type = "…" }`; `items.0.name` is the'
        " name of the first item.",
    )
    headers: Annotated[dict[HeaderName, str], Loosens("it is asked otherwise", changed)] = Field(
        default={}, description="Headers of the request. An identity is not written here: see identity."
    )
    body: Annotated[
        Any,
        BeforeValidator(_text_or_json, json_schema_input_type=str | dict[str, Any] | list[Any]),
        Loosens("it is asked otherwise", changed),
    ] = Field(default="", description="The body of the request: a text, or a table or list that is sent as JSON.")
    identity: Annotated[IdentityTable | None, Loosens("it is asked with an identity", lambda o, n: n and o != n)] = (
        Field(default=None, description="Who asks, where users have an identity; never shown anywhere.")
    )
    writes: Annotated[bool | None, Loosens("it is sent once a revision only", lambda old, new: new and not old)] = (
        Field(
            default=None,
            description="Whether the request changes something: it is then sent once for each revision. Has to be"
            " written for POST, PUT, PATCH and DELETE.",
        )
    )

    @property
    def place(self) -> tuple[str, str]:
        """What makes two routes the same one."""
        return self.method, self.path


def tried_less(old: Sequence[SmokeTable], new: Sequence[SmokeTable]) -> bool:
    """Whether a route of `old` is not in `new` at all."""
    return bool({one.place for one in old} - {one.place for one in new})
