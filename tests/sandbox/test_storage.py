"""Cloud Storage as builds and gcloud use it: buckets of projects, uploads, copies, lists."""

from __future__ import annotations

import httpx2

from signoff_sandbox.server import RunningSandbox
from support.discovery import problems

B = "/storage/v1/b"


async def made(http: httpx2.AsyncClient, name: str = "src", project: str = "demo", **fields: str) -> httpx2.Response:
    return await http.post(f"{B}?project={project}", json={"name": name, **fields})


async def put(http: httpx2.AsyncClient, name: str, content: bytes = b"x", bucket: str = "src") -> dict[str, str]:
    answer = await http.post(
        f"/upload/storage/v1/b/{bucket}/o", params={"uploadType": "media", "name": name}, content=content
    )
    assert answer.status_code == 200
    return answer.json()


async def test_a_bucket_belongs_to_the_project_that_made_it(http: httpx2.AsyncClient) -> None:
    assert (await made(http, "src", location="europe-west1")).json()["location"] == "EUROPE-WEST1"
    await made(http, "theirs", project="other")
    listed = (await http.get(B, params={"project": "demo", "prefix": "s"})).json()
    assert [bucket["id"] for bucket in listed["items"]] == ["src"]
    assert problems("storage.v1", "Buckets", listed) == []
    again = await made(http, "src")
    assert (again.status_code, again.json()["error"]["code"]) == (409, 409)
    assert (await made(http, "No")).status_code == 400


async def test_buckets_of_logs_are_googles(http: httpx2.AsyncClient, running: RunningSandbox) -> None:
    name = "demo.cloudbuild-logs.googleusercontent.com"
    (running.cloud.machine.folder / "storage" / name).mkdir(parents=True)
    assert (await http.get(B, params={"project": "demo"})).json()["items"] == []
    assert (await http.get(f"{B}/{name}")).status_code == 200


async def test_an_upload_in_two_parts_is_taken_with_gclouds_quotes(http: httpx2.AsyncClient) -> None:
    await made(http)
    content = b"\x1f\x8b\n\n binary \r\n\r\n--\r\n end"
    body = b"--=b==\nContent-Type: application/json\n\n{}\n--=b==\nContent-Type: application/x-tar\n\n" + content
    answer = await http.post(
        "/upload/storage/v1/b/src/o",
        params={"uploadType": "multipart", "name": "source/1.tgz"},
        headers={"content-type": "multipart/related; boundary='=b=='"},
        content=body + b"\n--=b==--",
    )
    assert answer.status_code == 200, answer.text
    assert (answer.json()["size"], answer.json()["contentType"]) == (str(len(content)), "application/x-tar")
    assert problems("storage.v1", "Object", answer.json()) == []
    assert (await http.get(f"{B}/src/o/source%2F1.tgz", params={"alt": "media"})).content == content


async def test_an_object_is_copied_into_another_bucket(http: httpx2.AsyncClient) -> None:
    await made(http)
    await made(http, "other")
    await put(http, "a/b.tgz", b"hello")
    copied = await http.post(f"{B}/src/o/a%2Fb.tgz/rewriteTo/b/other/o/c%2Fd.tgz")
    assert copied.json()["done"] is True
    assert problems("storage.v1", "RewriteResponse", copied.json()) == []
    assert (await http.get(f"{B}/other/o/c%2Fd.tgz", params={"alt": "media"})).content == b"hello"
    assert (await http.post(f"{B}/src/o/nothing/rewriteTo/b/other/o/x")).status_code == 404
    assert (await http.post(f"{B}/src/o/a%2Fb.tgz/rewriteTo/b/nowhere/o/x")).status_code == 404


async def test_a_list_comes_in_pages_and_shows_folders_as_prefixes(http: httpx2.AsyncClient) -> None:
    await made(http)
    for name in ("a/1", "a/2", "b", "c"):
        await put(http, name)
    first = (await http.get(f"{B}/src/o", params={"maxResults": "3"})).json()
    token = {"maxResults": "3", "pageToken": first["nextPageToken"]}
    second = (await http.get(f"{B}/src/o", params=token)).json()
    assert [[item["name"] for item in page["items"]] for page in (first, second)] == [["a/1", "a/2", "b"], ["c"]]
    assert "nextPageToken" not in second
    folders = (await http.get(f"{B}/src/o", params={"delimiter": "/"})).json()
    assert (folders["prefixes"], [item["name"] for item in folders["items"]]) == (["a/"], ["b", "c"])
    assert problems("storage.v1", "Objects", folders) == []


async def test_an_old_generation_is_not_found(http: httpx2.AsyncClient) -> None:
    await made(http)
    old, new = await put(http, "a"), await put(http, "a", b"y")
    assert int(new["generation"]) > int(old["generation"])
    assert (await http.get(f"{B}/src/o/a", params={"generation": old["generation"]})).status_code == 404
    stale = {"uploadType": "media", "name": "a", "ifGenerationMatch": old["generation"]}
    assert (await http.post("/upload/storage/v1/b/src/o", params=stale, content=b"z")).status_code == 412
