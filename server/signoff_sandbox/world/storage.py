"""The part of Cloud Storage's JSON API that source archives need: buckets, uploads of all three kinds, downloads.

https://cloud.google.com/storage/docs/json_api/v1
"""

from __future__ import annotations

import json
import re
import uuid
from email import message_from_bytes, policy
from typing import Any
from urllib.parse import unquote

import grpc
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from signoff_sandbox.wire.paths import PathMethod, Visit
from signoff_sandbox.world import buckets
from signoff_sandbox.world.buckets import ObjectInfo
from signoff_sandbox.world.cloud import Cloud
from signoff_sandbox.world.errors import ApiError, invalid_argument, not_found


async def list_buckets(visit: Visit) -> Response:
    items = [_bucket(visit.cloud, name) for name in buckets.list_buckets(visit.cloud)]
    return JSONResponse({"kind": "storage#buckets", "items": items})


async def create_bucket(visit: Visit) -> Response:
    content = await _json(visit.request)
    name = str(content.get("name", ""))
    if not buckets.is_bucket_name(name):
        raise invalid_argument(f"Invalid bucket name: '{name}'", name="invalid")
    if not buckets.create_bucket(visit.cloud, name):
        raise ApiError(grpc.StatusCode.ALREADY_EXISTS, f"The bucket '{name}' already exists.")
    return JSONResponse(_bucket(visit.cloud, name))


async def get_bucket(visit: Visit) -> Response:
    return JSONResponse(_bucket(visit.cloud, _existing(visit)))


async def list_objects(visit: Visit) -> Response:
    found = buckets.list_objects(visit.cloud, _existing(visit), visit.request.query_params.get("prefix", ""))
    return JSONResponse({"kind": "storage#objects", "items": [_object(info) for info in found]})


async def get_object(visit: Visit) -> Response:
    """The description of an object, or with alt=media its content."""
    bucket, name = _existing(visit), unquote(visit.path["object"])
    info = buckets.describe(visit.cloud, bucket, name)
    wanted = visit.request.query_params.get("generation")
    if info is None or (wanted is not None and wanted != str(info.generation)):
        raise not_found(f"{bucket}/{name}")
    if visit.request.query_params.get("alt") != "media":
        return JSONResponse(_object(info))
    headers = {
        "x-goog-generation": str(info.generation),
        "x-goog-hash": f"crc32c={info.crc32c},md5={info.md5}",
        "etag": str(info.generation),
    }
    content = buckets.path_of(visit.cloud, bucket, name).read_bytes()
    return _ranged(content, visit.request.headers.get("range", ""), headers, info.content_type)


async def delete_object(visit: Visit) -> Response:
    bucket, name = _existing(visit), unquote(visit.path["object"])
    if buckets.describe(visit.cloud, bucket, name) is None:
        raise not_found(f"{bucket}/{name}")
    buckets.delete(visit.cloud, bucket, name)
    return Response(status_code=204)


async def upload(visit: Visit) -> Response:
    """Begin or carry out an upload, by `uploadType`: media, multipart or resumable."""
    bucket, kind = _existing(visit), visit.request.query_params.get("uploadType")
    if kind == "media":
        content_type = visit.request.headers.get("content-type", "application/octet-stream")
        return _stored(visit.cloud, visit.request, bucket, {}, await visit.request.body(), content_type)
    if kind == "multipart":
        about, content, content_type = _parts(await visit.request.body(), visit.request.headers.get("content-type", ""))
        return _stored(visit.cloud, visit.request, bucket, about, content, content_type)
    if kind == "resumable":
        session = uuid.uuid4().hex
        about = await _json(visit.request)
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
        _object(buckets.put(cloud, bucket, name, content, str(about.get("contentType") or content_type)))
    )


def _parts(body: bytes, content_type: str) -> tuple[dict[str, Any], bytes, str]:
    """The description and the content of a multipart/related upload."""
    message = message_from_bytes(f"Content-Type: {content_type}\r\n\r\n".encode() + body, policy=policy.HTTP)
    parts = list(message.iter_parts()) if message.is_multipart() else []
    if len(parts) != 2:
        raise invalid_argument("A multipart upload has two parts: metadata and content.", body="malformed")
    boundary = message.get_boundary("")
    raw = body.split(f"--{boundary}".encode())[2]  # the e-mail parser would rewrite line ends of binary content
    _, _, content = raw.partition(b"\r\n\r\n") if b"\r\n\r\n" in raw else raw.partition(b"\n\n")
    content = content.removesuffix(b"\n").removesuffix(b"\r")
    return json.loads(parts[0].get_content()), content, parts[1].get_content_type()


def _ranged(content: bytes, asked: str, headers: dict[str, str], content_type: str) -> Response:
    match = re.fullmatch(r"bytes=(\d+)-(\d*)", asked)
    if match is None:
        return Response(content, 200, headers, content_type)
    start = int(match[1])
    end = min(int(match[2]) if match[2] else len(content) - 1, len(content) - 1)
    if start >= len(content):
        return Response(status_code=416, headers={"content-range": f"bytes */{len(content)}"})
    headers = {**headers, "content-range": f"bytes {start}-{end}/{len(content)}"}
    return Response(content[start : end + 1], 206, headers, content_type)


def _existing(visit: Visit) -> str:
    """The bucket that the path names."""
    name = unquote(visit.path["bucket"])
    if not buckets.has_bucket(visit.cloud, name):
        raise ApiError(grpc.StatusCode.NOT_FOUND, "The specified bucket does not exist.")
    return name


async def _json(request: Request) -> dict[str, Any]:
    body = await request.body()
    try:
        content = json.loads(body or b"{}")
    except ValueError as error:
        raise invalid_argument(f"The body is not JSON: {error}") from error
    return content if isinstance(content, dict) else {}


def _bucket(cloud: Cloud, name: str) -> dict[str, Any]:
    return {
        "kind": "storage#bucket",
        "id": name,
        "name": name,
        "projectNumber": "1",
        "location": "US",
        "storageClass": "STANDARD",
        "selfLink": f"http://{cloud.settings.http_address}/storage/v1/b/{name}",
    }


def _object(info: ObjectInfo) -> dict[str, Any]:
    return {
        "kind": "storage#object",
        "id": f"{info.bucket}/{info.name}/{info.generation}",
        "name": info.name,
        "bucket": info.bucket,
        "generation": str(info.generation),
        "metageneration": "1",
        "contentType": info.content_type,
        "size": str(info.size),
        "md5Hash": info.md5,
        "crc32c": info.crc32c,
        "etag": str(info.generation),
        "timeCreated": info.created,
        "updated": info.created,
        "storageClass": "STANDARD",
    }


_OBJECTS = r"/(?:download/)?storage/v1/b/(?P<bucket>[^/]+)/o"
_UPLOAD = re.compile(r"/(?:resumable/)?upload/storage/v1/b/(?P<bucket>[^/]+)/o")
PARTS = "no ACLs, versions, composition or notifications"
ROUTES: tuple[PathMethod, ...] = (
    PathMethod("storage.buckets.list", ("GET",), re.compile(r"/storage/v1/b"), list_buckets, "storage.buckets.list"),
    PathMethod(
        "storage.buckets.insert", ("POST",), re.compile(r"/storage/v1/b"), create_bucket, "storage.buckets.create"
    ),
    PathMethod(
        "storage.buckets.get",
        ("GET",),
        re.compile(r"/storage/v1/b/(?P<bucket>[^/]+)"),
        get_bucket,
        "storage.buckets.get",
    ),
    PathMethod("storage.objects.list", ("GET",), re.compile(_OBJECTS), list_objects, "storage.objects.list"),
    PathMethod(
        "storage.objects.get", ("GET",), re.compile(_OBJECTS + r"/(?P<object>.+)"), get_object, "storage.objects.get"
    ),
    PathMethod(
        "storage.objects.delete",
        ("DELETE",),
        re.compile(_OBJECTS + r"/(?P<object>.+)"),
        delete_object,
        "storage.objects.delete",
    ),
    PathMethod("storage.objects.insert", ("POST",), _UPLOAD, upload, "storage.objects.create", missing=PARTS),
    PathMethod("storage.objects.insert", ("PUT",), _UPLOAD, resume_upload, "storage.objects.create", missing=PARTS),
)
