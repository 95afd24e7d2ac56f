"""What `doctor` says of a folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from signoff.boundary import Boundary, Fault, Question
from signoff.commands.doctor import DoctorResult, doctor
from signoff.commands.doctor_rows import Row
from signoff.model.quoted import Quoted
from signoff.model.text import Text
from signoff.systems import Systems
from support.sandbox import Sandbox

TOML = """\
[targets.production]
project = "demo"
regions = ["us-central1", "us-east1"]
branch = "main"
[workloads.web]
kind = "service"
inputs = ["web/**"]
[workloads.etl]
kind = "job"
inputs = ["etl/**"]
"""
TEMPLATE = {"containers": [{"image": "us-docker.pkg.dev/demo/r/i"}]}
PARENT = "projects/demo/locations/us-central1"
STATE = {
    "services": [{"name": f"{PARENT}/services/web", "template": TEMPLATE}],
    "jobs": [{"name": f"{PARENT}/jobs/etl", "template": {"template": TEMPLATE}}],
}


def plain(text: Text) -> str:
    return "".join(part.outside if isinstance(part, Quoted) else part for part in text.parts)


def row(result: DoctorResult, name: str) -> Row:
    return next(one for one in result.rows if one.name == name)


async def looked(
    folder: Path, sandbox: Sandbox | None, plant: Mapping[tuple[str, str], Fault] | None = None, **environment: str
) -> DoctorResult:
    def planted(question: Question) -> Fault | None:
        return (plant or {}).get((question.system, question.operation))

    boundary = Boundary(plant=planted)
    boundary.policy = type(boundary.policy)(seconds=10, tries=1)
    systems = Systems(boundary, folder, sandbox=sandbox.grpc if sandbox else None, environment=environment)
    try:
        return await doctor(folder, systems=systems)
    finally:
        await systems.close()
