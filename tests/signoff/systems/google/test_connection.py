"""Calls say that they are signoff's."""

from __future__ import annotations

from signoff import __version__
from signoff.boundary import Boundary, Policy
from signoff.model.facts import Known, Unknown
from signoff.systems.google.connection import Connection
from signoff.systems.google.run import Run
from support.sandbox import running_sandbox


async def test_a_fault_can_be_planted_for_signoff_alone() -> None:
    with running_sandbox() as sandbox:
        connection = Connection(sandbox.grpc)
        run = Run(Boundary(policy=Policy(tries=1)), connection)
        sandbox.fault("google.cloud.run.v2.*", code="ABORTED", caller="*gcloud/*")
        assert isinstance(await run.services("demo", "us-central1", {"web"}), Known)
        sandbox.fault("google.cloud.run.v2.*", code="PERMISSION_DENIED", caller=f"signoff/{__version__} *")
        answer = await run.services("demo", "us-central1", {"web"})
        await connection.close()
    assert isinstance(answer, Unknown)
    assert answer.why == "denied"
