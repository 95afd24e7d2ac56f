"""Firestore v1, read, through its official client (the extra `firestore`): one document by its path.

With FIRESTORE_EMULATOR_HOST the client goes there by itself, without a credential.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from signoff.boundary import Boundary, Question
from signoff.model.data import FirestoreDocument
from signoff.model.facts import Known, Unknown, Why
from signoff.systems.google.connection import Connection

EMULATOR = "FIRESTORE_EMULATOR_HOST"
_EXTRA = "Firestore's client is not installed: pip install 'signoff[firestore]'"


class FirestoreMissing(Exception):
    """It can not be asked from here; the text says what to do."""


class Firestore:
    """`environment`: where the emulator's address is looked up, as the client itself does."""

    def __init__(self, boundary: Boundary, google: Connection, environment: Mapping[str, str]) -> None:
        self._boundary = boundary
        self._google = google
        self._environment = environment

    async def fields(self, document: FirestoreDocument, names: Sequence[str]) -> Known[dict[str, Any] | None] | Unknown:
        """Some fields (`a.b` is a field of a map) of the document, as Python values; None: there is no document."""
        resource = f"projects/{document.project}/databases/{document.database}/documents/{document.path}"
        question = Question("firestore", "documents.get", resource)  # gcloud has no command that shows one

        async def fetch() -> Any:
            client = await self._client(document)
            try:
                return await client.document(document.path).get(retry=None, timeout=self._boundary.policy.seconds)
            finally:
                # No public way ends its channel: close() of this client (2.34) ends a synchronous HTTP session that
                # it never opens, and it takes no transport or generated client that could be closed from outside.
                await client._firestore_api.transport.close()

        def read(snapshot: Any) -> dict[str, Any] | None:
            if not snapshot.exists:
                return None
            found = {}
            for name in names:
                try:
                    found[name] = snapshot.get(name)
                except KeyError:
                    found[name] = None
            return found

        return await self._boundary.ask(question, fetch, read, self._why)

    async def _client(self, document: FirestoreDocument) -> Any:
        emulated = EMULATOR in self._environment
        if self._google.sandbox is not None and not emulated:
            raise FirestoreMissing(f"the sandbox has no Firestore: set {EMULATOR} to one that runs here")
        try:
            from google.cloud.firestore import AsyncClient
        except ImportError:
            raise FirestoreMissing(_EXTRA) from None
        credentials = None if emulated else await self._google.credentials()
        return AsyncClient(project=document.project, database=document.database, credentials=credentials)

    def _why(self, error: Exception) -> Why | None:
        return "denied" if isinstance(error, FirestoreMissing) else self._google.why(error)
