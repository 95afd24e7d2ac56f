"""Secret Manager v1, read: the value of a secret version, for the adapter that connects with it."""

from __future__ import annotations

from signoff.boundary import Boundary, Question
from signoff.model.facts import Known, Unknown, Why
from signoff.model.quoted import Quoted
from signoff.model.secret import Secret
from signoff.systems.google.connection import Connection

_EXTRA = "Secret Manager's client is not installed: pip install 'signoff[secrets]'"


class Secrets:
    """Secret versions by their full name, `projects/P/secrets/S/versions/V`."""

    def __init__(self, boundary: Boundary, google: Connection) -> None:
        self._boundary = boundary
        self._google = google

    async def value(self, version: str) -> Known[Secret] | Unknown:
        """The payload as text, without white space around it."""
        _, project, _, name, _, number = version.split("/")
        look = ("gcloud", "secrets", "versions", "access", number, f"--secret={name}", f"--project={project}")
        question = Question("secretmanager", "versions.access", version, look)

        async def fetch() -> tuple[str, bytes]:
            await self._google.login()
            response = await self._google.secrets.access_secret_version(request={"name": version}, **self._google.CALL)
            return response.name, bytes(response.payload.data)

        def read(raw: tuple[str, bytes]) -> Secret:
            _, data = raw
            try:
                found = data.decode("utf-8").strip()
            except UnicodeDecodeError:
                raise ValueError("the secret is no text") from None  # its own message holds the bytes
            if not found:
                raise ValueError("the secret is empty")
            return Secret(found)

        def why(error: Exception) -> Why | None:
            return "denied" if isinstance(error, ImportError) else self._google.why(error)

        answer = await self._boundary.ask(question, fetch, read, why)
        if isinstance(answer, Unknown) and answer.detail.contains("No module named"):
            return Unknown(answer.why, answer.ref, Quoted(_EXTRA))
        return answer
