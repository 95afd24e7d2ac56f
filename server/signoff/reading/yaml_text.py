"""YAML with every scalar as the text that is written: `1.10` stays `1.10`, `on` stays `on`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from signoff.reading.errors import Unreadable


def read_yaml(text: str) -> Mapping[str, Any]:
    """The document's mapping; JSON is read too. Raises Unreadable.

    Merge keys (`<<`) are refused: followed they can blow up, passed over they would lose what they bring.
    """
    try:
        document = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506  BaseLoader makes nothing but text
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise Unreadable("is not YAML", line) from None
    except (yaml.YAMLError, ValueError, TypeError):
        raise Unreadable("is not YAML") from None
    except RecursionError:
        raise Unreadable("is nested too deeply") from None
    if not isinstance(document, dict):
        raise Unreadable("is not a mapping")
    return mapping(document)


def mapping(value: Any) -> Mapping[str, Any]:
    """A mapping with text keys, or an empty one for anything else. Raises Unreadable for a merge key."""
    if not isinstance(value, dict):
        return {}
    if "<<" in value:
        raise Unreadable("uses merge keys (<<), which are not followed")
    return {key: item for key, item in value.items() if isinstance(key, str)}


def texts(value: Any) -> tuple[str, ...]:
    """A list's texts; a single text is a list of one."""
    if isinstance(value, str):
        return (value,) if value else ()
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()
