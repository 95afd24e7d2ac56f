"""The committed table of methods is what Google's clients say, and every handler is in it."""

from __future__ import annotations

from collections import Counter

import pytest

from signoff_sandbox.wire import dispatch, make_table, permissions
from signoff_sandbox.wire.table import rpcs
from signoff_sandbox.wire.templates import compiled, routes


def test_the_committed_table_is_what_the_official_clients_say() -> None:
    assert make_table.TABLE.read_text(encoding="utf-8") == make_table.text()


#: Methods that Google lets anybody call.
FREE = ("/TestIamPermissions", "/ListMonitoredResourceDescriptors")


@pytest.mark.parametrize("method", sorted(dispatch.HANDLERS))
def test_every_handler_answers_a_method_of_the_table(method: str) -> None:
    rpc = rpcs()[method]
    assert rpc.request_class().DESCRIPTOR.full_name == rpc.request
    assert rpc.response_class().DESCRIPTOR.full_name == rpc.response
    assert rpc.bindings, "a method without REST binding cannot be reached over REST"


def test_every_handler_needs_a_permission_or_is_free_on_purpose() -> None:
    free = {method for method in dispatch.HANDLERS if permissions.permission_of(method) is None}
    assert {method for method in free if not method.endswith(FREE)} == set()


def test_no_two_methods_share_a_path_of_one_verb() -> None:
    shapes: Counter[tuple[str, str]] = Counter()
    for verb, found in routes(rpcs().values()).items():
        owners = {(route.pattern.pattern, route.rpc.method) for route in found}
        shapes.update((verb, pattern) for pattern, _ in owners)
    assert {shape: count for shape, count in shapes.items() if count > 1} == {}


def test_two_modules_that_claim_one_method_are_refused() -> None:
    with pytest.raises(ValueError, match="is offered twice"):
        dispatch.compose([dispatch.reads, dispatch.reads])


@pytest.mark.parametrize(
    ("uri", "path", "fields"),
    [
        ("/v2/{name=projects/*/locations/*/services/*}", "/v2/projects/p/locations/l/services/s", "services/s"),
        ("/v2/{name=projects/*/locations/*/services/*}", "/v2/projects/p/locations/l/services/s/x", None),
        ("/v2/{name=projects/*/locations/*/services/*}", "/v2/projects/p/locations//services/s", None),
        ("/v1/{name=operations/**}", "/v1/operations/build/p/abc%3D", "operations/build/p/abc="),
        ("/v1/projects/{project_id}/builds/{id}:cancel", "/v1/projects/p/builds/b:cancel", "p"),
        (
            "/v1/{name=repositories/*/dockerImages/*}",
            "/v1/repositories/r/dockerImages/a%2Fb%40sha256:1",
            "a%2Fb@sha256:1",
        ),
    ],
)
def test_a_path_template_matches_as_google_transcodes(uri: str, path: str, fields: str | None) -> None:
    pattern, names = compiled(uri)
    (route,) = [one for found in routes(rpcs().values()).values() for one in found][:1]
    made = type(route)(route.rpc, route.binding, pattern, names).match(path)
    if fields is None:
        assert made is None
    else:
        assert made is not None
        assert next(iter(made.values())).endswith(fields)
