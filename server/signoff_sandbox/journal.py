"""What keeps the state while the sandbox runs, so that even SIGKILL loses nothing that was answered.

Beside the state file lies its journal, `STATE.journal`: one JSON object a line, written before anybody is answered.

    {"services": [{…}]}                    entries as in the state file: put in, or in the place of the old one
    {"deleted": {"services": ["NAME"]}}    resources that went; `logs` names whole logs
    {"instead": {"faults": [], …}}         what has no names, whole

When the journal has grown long, and at the end, the state file is written anew and the journal begins anew. While that
goes on the journal so far is called `STATE.journal.old`; replaying what the file has already does no harm.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from google.protobuf import json_format
from google.protobuf.message import Message

from signoff_sandbox import state
from signoff_sandbox.state import StateError
from signoff_sandbox.world.cloud import Cloud
from signoff_sandbox.world.google_json import to_json

log = logging.getLogger(__name__)
#: Bytes of journal after which the state file is written anew.
LONG = 4 * 1024 * 1024
#: What the store keeps and the state file has as an object.
AS_OBJECT = frozenset({"iamPolicies"})


class Journal:
    """Keeps the state of one cloud in `path`, from `load` to `close`. Raises StateError."""

    def __init__(self, cloud: Cloud, path: Path) -> None:
        self._cloud = cloud
        self._path = path
        self._file = path.with_name(f"{path.name}.journal")
        self._old = path.with_name(f"{path.name}.journal.old")
        self._writing: int | None = None
        self._size = 0
        self._nameless: dict[str, Any] = {}
        self._saving: asyncio.Task[None] | None = None

    def load(self) -> None:
        """Read the state, and what a sandbox that was killed had written after it; write down changes from now on."""
        if self._path.exists():
            state.load_file(self._cloud, self._path)
        for leftover in (self._old, self._file):
            if leftover.exists():
                self._replay(leftover)
        if self._old.exists() or self._file.exists():
            self.save()
        self._nameless = state.nameless(self._cloud)
        self._cloud.store.watch = self._resource
        self._cloud.logbook.watch = self._log
        self._cloud.noted = self.note

    def save(self) -> None:
        """Write the whole state now."""
        state.save_file(self._cloud, self._path)
        self._begin_anew()
        self._old.unlink(missing_ok=True)

    async def close(self, unfinished: set[str]) -> None:
        """Write the whole state for the last time; `unfinished` is work that the next sandbox takes up."""
        if self._saving is not None:
            await self._saving
        self._cloud.store.watch = lambda *_: None
        self._cloud.logbook.watch = lambda *_: None
        self._cloud.noted = lambda: None
        self._cloud.unfinished |= unfinished
        self.save()

    def note(self) -> None:
        """Write down what has no name, if it is not as it was."""
        now = state.nameless(self._cloud)
        changed = {key: value for key, value in now.items() if self._nameless.get(key) != value}
        if changed:
            self._nameless = now
            self._write({"instead": changed})

    def _resource(self, collection: str, name: str, message: Message | None) -> None:
        self.note()
        if message is None:
            self._write({"deleted": {collection: [name]}})
        elif collection in AS_OBJECT:
            self._write({collection: {name: json_format.MessageToDict(message)}})
        else:
            self._write({collection: [to_json(message)]})

    def _log(self, log: str, entry: Any | None) -> None:
        if entry is None:
            self._write({"deleted": {"logs": [log]}})
        else:
            self._write({"logEntries": [json_format.MessageToDict(entry)]})

    def _write(self, line: Mapping[str, Any]) -> None:
        if self._writing is None:
            self._writing = os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        content = json.dumps(line, ensure_ascii=False).encode() + b"\n"
        os.write(self._writing, content)
        self._size += len(content)
        if self._size > LONG and (self._saving is None or self._saving.done()):
            self._saving = asyncio.get_running_loop().create_task(self._save_beside())

    async def _save_beside(self) -> None:
        """Write the state file while everything goes on."""
        taken = state.snapshot(self._cloud)
        if self._old.exists():  # the last attempt did not get to its end
            with self._old.open("ab") as older:
                older.write(self._file.read_bytes())
        else:
            self._file.rename(self._old)
        self._begin_anew()
        try:
            await asyncio.to_thread(lambda: state.write_file(self._path, taken()))
        except StateError as error:  # nothing is lost: both journals are read before the next attempt
            log.warning("%s", error)
        else:
            self._old.unlink(missing_ok=True)

    def _begin_anew(self) -> None:
        if self._writing is not None:
            os.close(self._writing)
            self._writing = None
        self._file.unlink(missing_ok=True)
        self._size = 0

    def _replay(self, path: Path) -> None:
        lines = path.read_bytes().split(b"\n")[:-1]  # what comes after the last newline was not written to its end
        for number, line in enumerate(lines, 1):
            try:
                self._apply(json.loads(line), f"{path}:{number}")
            except ValueError as error:
                raise StateError(f"{path}:{number}: is not JSON: {error}") from error

    def _apply(self, line: dict[str, Any], where: str) -> None:
        for collection, names in line.pop("deleted", {}).items():
            for name in names:
                if collection == "logs":
                    self._cloud.logbook.delete(name)
                else:
                    self._cloud.store.delete(collection, name)
        instead = line.pop("instead", {})
        state.forget(self._cloud, instead)
        state.merge(self._cloud, line | instead, where)
