"""`smoke_test` over a service that really runs, in both eras."""

from __future__ import annotations

from mcp import Client

from signoff.mcp.server import make_server
from support.world import World


async def test_a_request_is_sent_and_proven_to_land(world: World, era: str) -> None:
    async with Client(make_server(world.clone), mode=era) as client:  # type: ignore[arg-type]
        answer = await client.call_tool("smoke_test", {"workloads": ["web"]})
    links = answer.structured_content["workloads"]["web"]["links"]
    assert {name: link["status"] for name, link in links.items()} == {"serving": "pass", "reachable": "pass"}
    assert links["reachable"]["reason"].startswith("GET / was answered by web-0000")


async def test_a_route_that_does_not_answer_as_expected_is_a_result_with_its_fix(world: World, era: str) -> None:
    toml = world.clone / "signoff.toml"
    written = toml.read_text("utf-8")
    toml.write_text(written + '\n[[workloads.web.smoke]]\npath = "/"\ncontains = "something else"\n', "utf-8")
    try:
        async with Client(make_server(world.clone), mode=era) as client:  # type: ignore[arg-type]
            answer = await client.call_tool("smoke_test", {})
    finally:
        toml.write_text(written, "utf-8")
    assert not answer.is_error
    codes = {finding["code"]: finding["fix"] for finding in answer.structured_content["findings"]}
    assert "advice" in codes["reachable/unexpected"]


async def test_without_a_service_there_is_no_such_tool(world: World, era: str) -> None:
    toml = world.clone / "signoff.toml"
    written = toml.read_text("utf-8")
    toml.write_text(written.replace('kind = "service"', 'kind = "job"'), "utf-8")
    try:
        async with Client(make_server(world.clone), mode=era) as client:  # type: ignore[arg-type]
            assert "smoke_test" not in {tool.name for tool in (await client.list_tools()).tools}
    finally:
        toml.write_text(written, "utf-8")
