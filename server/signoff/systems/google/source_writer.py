"""Upload a source archive for a build, to the bucket of `gcloud builds submit`. Part of the writing adapter."""

from __future__ import annotations

import asyncio

from signoff.boundary import Question
from signoff.model.builds import Upload
from signoff.model.facts import Known, Unknown, Why
from signoff.model.quoted import Quoted
from signoff.systems.google.access import Access
from signoff.systems.google.waiting import unbroken

_SECONDS = 600.0


class Foreign(Exception):
    """The bucket of that name belongs to another project: whoever owns it could change what is built."""


class SourceWriter:
    """Archives in Cloud Storage."""

    def __init__(self, access: Access) -> None:
        self._access = access

    async def upload(self, project: str, name: str, content: bytes) -> Known[Upload] | Unknown:
        """Put an archive into the project's bucket for sources, which is made where there is none.

        `name` says what is in it (a digest): where it is there already, it is not sent again. `denied` where the
        bucket belongs to somebody else.
        """
        bucket = bucket_of(project)
        where = f"gs://{bucket}/{name}"
        question = Question("storage", "objects.insert", Quoted(where), ("gcloud", "storage", "ls", "-L", where))

        async def send() -> Upload:
            await self._access.google.login()
            return await asyncio.to_thread(self._send, project, bucket, name, content)

        asked = self._access.writing.ask(question, send, lambda sent: sent, self._why, seconds=_SECONDS)
        return await unbroken(asked)

    def _send(self, project: str, bucket: str, name: str, content: bytes) -> Upload:
        from google.api_core.exceptions import Conflict, PreconditionFailed

        client = self._access.google.storage
        if not _owned(client, project, bucket):
            try:
                client.create_bucket(bucket, project=project, retry=None)
            except Conflict as error:
                raise Foreign(f"the bucket {bucket} does not belong to {project}") from error
        blob = client.bucket(bucket).blob(name)
        try:
            blob.upload_from_string(content, content_type="application/gzip", if_generation_match=0, retry=None)
        except PreconditionFailed:
            blob.reload(retry=None)
        return Upload(bucket, name, int(blob.generation))

    def _why(self, error: Exception) -> Why | None:
        import requests

        if isinstance(error, Foreign):
            return "denied"
        return "unreachable" if isinstance(error, requests.RequestException) else self._access.google.why(error)


def _owned(client: object, project: str, bucket: str) -> bool:
    """Bucket names are one for the whole world, so having one of that name does not say whose it is."""
    listed = client.list_buckets(project=project, prefix=bucket, retry=None)  # type: ignore[attr-defined]
    return any(one.name == bucket for one in listed)


def bucket_of(project: str) -> str:
    """As gcloud names it (projects of a domain have a colon and dots in their id, and no bucket may say google)."""
    return project.replace(":", "_").replace(".", "_").replace("google", "elgoog") + "_cloudbuild"
