"""The part of Cloud Storage that source archives and build logs need: buckets, objects, downloads.

https://cloud.google.com/storage/docs/json_api/v1. Uploads: `storage_uploads.py`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import unquote
from xml.sax.saxutils import escape

import grpc
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from signoff_sandbox.wire.paths import PathMethod, Visit
from signoff_sandbox.world import buckets
from signoff_sandbox.world.buckets import BucketInfo, ObjectInfo
from signoff_sandbox.world.cloud import Cloud
from signoff_sandbox.world.errors import ApiError, invalid_argument, not_found

HOST = "storage.googleapis.com"
LARGEST_PAGE = 1000
NO_PARTS = "no ACLs, versions, composition or notifications"


async def list_buckets(visit: Visit) -> Response:
    query = visit.request.query_params
    found = buckets.list_buckets(visit.cloud, query.get("project", visit.cloud.settings.project), _prefix(query))
    page, more = _page(query, found)
    items = [_bucket_json(visit.cloud, info) for info in page]
    return JSONResponse({"kind": "storage#buckets", "items": items, **more})


async def create_bucket(visit: Visit) -> Response:
    content = await body_json(visit.request)
    name = str(content.get("name", ""))
    if not buckets.is_bucket_name(name):
        raise invalid_argument(f"Invalid bucket name: '{name}'", name="invalid")
    project = visit.request.query_params.get("project", visit.cloud.settings.project)
    location = str(content.get("location") or "US").upper()
    if not buckets.create_bucket(visit.cloud, name, project, location):
        raise ApiError(
            grpc.StatusCode.ALREADY_EXISTS,
            "Your previous request to create the named bucket succeeded and you already own it.",
        )
    return await get_bucket(Visit(visit.cloud, visit.request, {"bucket": name}))


async def get_bucket(visit: Visit) -> Response:
    info = buckets.describe_bucket(visit.cloud, existing_bucket(visit))
    if info is None:
        raise AssertionError("the bucket exists")
    return JSONResponse(_bucket_json(visit.cloud, info))


async def list_objects(visit: Visit) -> Response:
    """By name; with a delimiter, what lies deeper is shown as prefixes."""
    query = visit.request.query_params
    found = buckets.list_objects(visit.cloud, existing_bucket(visit), _prefix(query))
    folders: list[str] = []
    delimiter = query.get("delimiter", "")
    if delimiter:
        start = len(_prefix(query))
        deeper = {i.name: i.name[: i.name.index(delimiter, start) + 1] for i in found if delimiter in i.name[start:]}
        folders = sorted(set(deeper.values()))
        found = [info for info in found if info.name not in deeper]
    page, more = _page(query, found)
    prefixes = {"prefixes": folders} if folders else {}
    return JSONResponse({"kind": "storage#objects", "items": [object_json(info) for info in page], **prefixes, **more})


async def get_object(visit: Visit) -> Response:
    """The description of an object, or with alt=media its content."""
    bucket, name = existing_bucket(visit), unquote(visit.path["object"])
    info = buckets.describe(visit.cloud, bucket, name)
    wanted = visit.request.query_params.get("generation")
    if info is None or (wanted is not None and wanted != str(info.generation)):
        raise ApiError(grpc.StatusCode.NOT_FOUND, f"No such object: {bucket}/{name}")
    if visit.request.query_params.get("alt") != "media":
        return JSONResponse(object_json(info))
    return _content(visit, info)


async def get_object_by_url(visit: Visit) -> Response:
    """`GET https://storage.googleapis.com/BUCKET/OBJECT`, the older API, whose errors are XML: gcloud reads logs so."""
    bucket, name = unquote(visit.path["bucket"]), unquote(visit.path["object"])
    info = buckets.describe(visit.cloud, bucket, name)
    if info is None:
        where = escape(f"No such object: {bucket}/{name}")
        text = f"<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message><Details>{where}"
        return Response(f"<?xml version='1.0' encoding='UTF-8'?>{text}</Details></Error>", 404, None, "application/xml")
    return _content(visit, info)


async def delete_object(visit: Visit) -> Response:
    bucket, name = existing_bucket(visit), unquote(visit.path["object"])
    if buckets.describe(visit.cloud, bucket, name) is None:
        raise ApiError(grpc.StatusCode.NOT_FOUND, f"No such object: {bucket}/{name}")
    buckets.delete(visit.cloud, bucket, name)
    return Response(status_code=204)


async def rewrite_object(visit: Visit) -> Response:
    """Copy an object, at once and whole."""
    source = buckets.describe(visit.cloud, existing_bucket(visit), unquote(visit.path["object"]))
    target = unquote(visit.path["to_bucket"])
    if source is None or buckets.describe_bucket(visit.cloud, target) is None:
        raise not_found(unquote(f"{visit.path['bucket']}/{visit.path['object']}") if source is None else target)
    content = buckets.path_of(visit.cloud, source.bucket, source.name).read_bytes()
    made = buckets.put(visit.cloud, target, unquote(visit.path["to_object"]), content, source.content_type)
    size = {"totalBytesRewritten": str(made.size), "objectSize": str(made.size)}
    return JSONResponse({"kind": "storage#rewriteResponse", **size, "done": True, "resource": object_json(made)})


def _content(visit: Visit, info: ObjectInfo) -> Response:
    """The bytes of an object, or the range of them that is asked for."""
    headers = {
        "x-goog-generation": str(info.generation),
        "x-goog-hash": f"crc32c={info.crc32c},md5={info.md5}",
        "etag": str(info.generation),
    }
    content = buckets.path_of(visit.cloud, info.bucket, info.name).read_bytes()
    match = re.fullmatch(r"bytes=(\d+)-(\d*)", visit.request.headers.get("range", ""))
    if match is None:
        return Response(content, 200, headers, info.content_type)
    start = int(match[1])
    end = min(int(match[2]) if match[2] else len(content) - 1, len(content) - 1)
    if start >= len(content):
        return Response(status_code=416, headers={"content-range": f"bytes */{len(content)}"})
    headers = {**headers, "content-range": f"bytes {start}-{end}/{len(content)}"}
    return Response(content[start : end + 1], 206, headers, info.content_type)


def existing_bucket(visit: Visit) -> str:
    """The bucket that the path names. NOT_FOUND if there is none."""
    name = unquote(visit.path["bucket"])
    if buckets.describe_bucket(visit.cloud, name) is None:
        raise ApiError(grpc.StatusCode.NOT_FOUND, "The specified bucket does not exist.")
    return name


async def body_json(request: Request) -> dict[str, Any]:
    body = await request.body()
    try:
        content = json.loads(body or b"{}")
    except ValueError as error:
        raise invalid_argument(f"The body is not JSON: {error}") from error
    return content if isinstance(content, dict) else {}


def _prefix(query: Mapping[str, str]) -> str:
    return query.get("prefix", "")


def _page(query: Mapping[str, str], found: Sequence[Any]) -> tuple[Sequence[Any], dict[str, str]]:
    """The page that is asked for and, if more follow, the field that says so; a token is the last name shown."""
    asked, after = query.get("maxResults", ""), query.get("pageToken", "")
    size = min(int(asked) if asked.isdigit() and int(asked) else LARGEST_PAGE, LARGEST_PAGE)
    rest = [info for info in found if info.name > after]
    return rest[:size], {"nextPageToken": rest[size - 1].name} if len(rest) > size else {}


def _bucket_json(cloud: Cloud, info: BucketInfo) -> dict[str, Any]:
    return {
        "kind": "storage#bucket",
        "id": info.name,
        "name": info.name,
        "projectNumber": "1",
        "location": info.location,
        "locationType": "multi-region" if info.location in ("US", "EU", "ASIA") else "region",
        "storageClass": "STANDARD",
        "timeCreated": info.created,
        "updated": info.created,
        "selfLink": f"http://{cloud.settings.http_address}/storage/v1/b/{info.name}",
    }


def object_json(info: ObjectInfo) -> dict[str, Any]:
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


_BUCKETS = re.compile(r"/storage/v1/b")
_BUCKET = re.compile(r"/storage/v1/b/(?P<bucket>[^/]+)")
_OBJECTS = r"/(?:download/)?storage/v1/b/(?P<bucket>[^/]+)/o"
_OBJECT = re.compile(_OBJECTS + r"/(?P<object>[^/]+)")
_REWRITE = re.compile(_OBJECTS + r"/(?P<object>[^/]+)/rewriteTo/b/(?P<to_bucket>[^/]+)/o/(?P<to_object>[^/]+)")
_BY_URL = re.compile(r"/(?!storage/|upload/|download/|resumable/)(?P<bucket>[^/]+)/(?P<object>.+)")
_BARE = "of a bucket's settings its project and location alone are kept"
GET, LIST, DELETE = "storage.objects.get", "storage.objects.list", "storage.objects.delete"
ROUTES: tuple[PathMethod, ...] = (
    PathMethod("storage.buckets.list", ("GET",), _BUCKETS, list_buckets, "storage.buckets.list", _BARE),
    PathMethod("storage.buckets.insert", ("POST",), _BUCKETS, create_bucket, "storage.buckets.create", _BARE),
    PathMethod("storage.buckets.get", ("GET",), _BUCKET, get_bucket, "storage.buckets.get", _BARE),
    PathMethod("storage.objects.list", ("GET",), re.compile(_OBJECTS), list_objects, LIST, "no versions"),
    PathMethod("storage.objects.get", ("GET",), _OBJECT, get_object, GET),
    PathMethod("storage.objects.delete", ("DELETE",), _OBJECT, delete_object, DELETE),
    PathMethod("storage.objects.rewrite", ("POST",), _REWRITE, rewrite_object, GET, "no tokens: always in one go"),
    PathMethod("storage.objects.get", ("GET",), _BY_URL, get_object_by_url, GET, host=HOST),
)
