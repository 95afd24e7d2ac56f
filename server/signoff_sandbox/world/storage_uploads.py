"""Uploads to Cloud Storage, of all three kinds: media, multipart and resumable.

https://cloud.google.com/storage/docs/uploads-downloads#uploads
"""

from __future__ import annotations

import json
import re
import uuid
from email import message_from_bytes, policy
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from signoff_sandbox.wire.paths import PathMethod, Visit
from signoff_sandbox.world import buckets
from signoff_sandbox.world.cloud import Cloud
from signoff_sandbox.world.errors import invalid_argument, not_found
from signoff_sandbox.world.storage import NO_PARTS, body_json, existing_bucket, object_json


async def upload(visit: Visit) -> Response:
    """Begin or carry out an upload, by `uploadType`."""
    bucket, kind = existing_bucket(visit), visit.request.query_params.get("uploadType")
    if kind == "media":
        content_type = visit.request.headers.get("content-type", "application/octet-stream")
        return _stored(visit.cloud, visit.request, bucket, {}, await visit.request.body(), content_type)
    if kind == "multipart":
        about, content, content_type = _parts(await visit.request.body(), visit.request.headers.get("content-type", ""))
        return _stored(visit.cloud, visit.request, bucket, about, content, content_type)
    if kind == "resumable":
        session = uuid.uuid4().hex
        about = await body_json(visit.request)
        content_type = visit.request.headers.get("x-upload-content-type", "application/octet-stream")
        name = str(about.get("name") or visit.request.query_params.get("name", ""))
        visit.cloud.machine.uploads[session] = (
            bucket,
            name,
            str(about.get("contentType") or content_type),
            bytearray(),
        )
        location = f"http://{visit.request.headers['host']}/upload/storage/v1/b/{bucket}/o?uploadType=resumable"
        return Response(status_code=200, headers={"location": f"{location}&upload_id={session}"})
    raise invalid_argument(f"uploadType '{kind}' is not one of media, multipart, resumable.", uploadType="unknown")


async def resume_upload(visit: Visit) -> Response:
    """One chunk of a resumable upload; 308 until the last one came."""
    session = visit.request.query_params.get("upload_id", "")
    if session not in visit.cloud.machine.uploads:
        raise not_found(f"upload {session}")
    bucket, name, content_type, received = visit.cloud.machine.uploads[session]
    received.extend(await visit.request.body())
    total = visit.request.headers.get("content-range", "").rpartition("/")[2]
    if total == "*" or (total.isdigit() and len(received) < int(total)):
        return Response(status_code=308, headers={"range": f"bytes=0-{len(received) - 1}"} if received else {})
    del visit.cloud.machine.uploads[session]
    return _stored(visit.cloud, visit.request, bucket, {"name": name}, bytes(received), content_type)


def _stored(
    cloud: Cloud, request: Request, bucket: str, about: dict[str, Any], content: bytes, content_type: str
) -> Response:
    name = str(about.get("name") or request.query_params.get("name", ""))
    if not name:
        raise invalid_argument("Required parameter: name", name="missing")
    known = buckets.describe(cloud, bucket, name)
    expected = request.query_params.get("ifGenerationMatch")
    if expected is not None and int(expected) != (known.generation if known else 0):
        return JSONResponse(
            {"error": {"code": 412, "message": "At least one of the pre-conditions you specified did not hold."}}, 412
        )
    return JSONResponse(
        object_json(buckets.put(cloud, bucket, name, content, str(about.get("contentType") or content_type)))
    )


def _parts(body: bytes, content_type: str) -> tuple[dict[str, Any], bytes, str]:
    """The description and the content of a multipart/related upload."""
    # gcloud writes boundary='…': a quote that is none in e-mail, and that Google reads as one.
    head = re.sub(r"boundary='([^']*)'", r'boundary="\1"', content_type)
    message = message_from_bytes(f"Content-Type: {head}\r\n\r\n".encode() + body, policy=policy.HTTP)
    parts = list(message.iter_parts()) if message.is_multipart() else []
    if len(parts) != 2:
        raise invalid_argument("A multipart upload has two parts: metadata and content.", body="malformed")
    boundary = message.get_boundary("")
    raw = body.split(f"--{boundary}".encode())[2]  # the e-mail parser would rewrite line ends of binary content
    separator = b"\r\n\r\n" if raw.startswith(b"\r\n") else b"\n\n"
    _, _, content = raw.partition(separator)
    content = content.removesuffix(b"\n").removesuffix(b"\r")
    return json.loads(parts[0].get_content()), content, parts[1].get_content_type()


_UPLOAD = re.compile(r"/(?:resumable/)?upload/storage/v1/b/(?P<bucket>[^/]+)/o")
ROUTES: tuple[PathMethod, ...] = (
    PathMethod("storage.objects.insert", ("POST",), _UPLOAD, upload, "storage.objects.create", missing=NO_PARTS),
    PathMethod("storage.objects.insert", ("PUT",), _UPLOAD, resume_upload, "storage.objects.create", missing=NO_PARTS),
)
