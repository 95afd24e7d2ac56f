"""Names of secrets: v1 gives those of other projects an alias, listed in the annotation `run.googleapis.com/secrets`.

`run.googleapis.com/secrets: db-1f2e:projects/123/secrets/db,…`; v2 writes `projects/123/secrets/db` where it is used.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Any

from signoff_sandbox.world.errors import invalid_argument

KEY = "run.googleapis.com/secrets"


def annotation_of(template: Any) -> str | None:
    """What the annotation says of all secrets that containers and volumes of a v2 message use."""
    used = {
        variable.value_source.secret_key_ref.secret
        for container in template.containers
        for variable in container.env
        if variable.HasField("value_source")
    }
    used |= {volume.secret.secret for volume in template.volumes if volume.HasField("secret")}
    return ",".join(f"{alias(secret)}:{secret}" for secret in sorted(used) if "/" in secret) or None


def alias(secret: str) -> str:
    """The v1 name of a v2 secret: a plain name is its own; a path gets an alias, always the same for the same path."""
    if "/" not in secret:
        return secret
    return f"{secret.rpartition('/')[2][:5]}-{zlib.crc32(secret.encode()):08x}"


def read_aliases(annotations: Mapping[str, str]) -> dict[str, str]:
    """Alias -> v2 secret. Raises INVALID_ARGUMENT."""
    aliases = {}
    for entry in filter(None, annotations.get(KEY, "").split(",")):
        name, colon, path = entry.partition(":")
        if not colon or not path.startswith("projects/"):
            raise invalid_argument(f"Annotation '{KEY}': '{entry}' is not 'ALIAS:projects/PROJECT/secrets/SECRET'.")
        aliases[name.strip()] = path
    return aliases
