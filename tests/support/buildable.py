"""A Next.js application in a repository, as its text: what its build evaluates reads AUTH_SECRET."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

from signoff.boundary import Boundary
from signoff.chain import CHECKS
from signoff.gather.overview import overviews
from signoff.model.judgement import Link
from signoff.model.report import LinkReport
from signoff.model.subject import CloudBuildConfig, Commit, Workload, WorkloadName
from signoff.walk import walk
from support.estate import Estate

WEB = Workload(
    WorkloadName("web"), "service", "web", ("web/**", "cloudbuild.yaml"), CloudBuildConfig("cloudbuild.yaml")
)
DOCKERFILE = """\
FROM node:20
WORKDIR /app
COPY web/ ./
RUN npm ci
RUN npm run build
CMD ["npm", "start"]
"""
CONFIG = """\
steps:
  - name: gcr.io/cloud-builders/docker
    args: [build, -t, image, -f, web/Dockerfile, .]
images: [image]
"""
EAGER = """\
function requireEnv(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set`);
  return value;
}
export const secret = requireEnv("AUTH_SECRET");
"""
LAZY = EAGER.replace(
    'export const secret = requireEnv("AUTH_SECRET");', 'export const secret = () => requireEnv("AUTH_SECRET");'
)
ROUTE = 'import { secret } from "../../lib/auth";\nexport function GET() { return new Response(String(secret)); }\n'
BROWSER = '"use client";\nexport default function Page() { return process.env.NEXT_PUBLIC_API; }\n'
SERVER = "export default function Page() { return process.env.NEXT_PUBLIC_API; }\n"
NEXT: Mapping[str, str | None] = {
    "cloudbuild.yaml": CONFIG,
    "web/Dockerfile": DOCKERFILE,
    "web/package.json": json.dumps({"scripts": {"build": "next build"}, "dependencies": {"next": "16.0.0"}}),
    "web/app/api/route.ts": ROUTE,
    "web/lib/auth.ts": EAGER,
}


def application(estate: Estate, files: Mapping[str, str | None] = {}, *, push: bool = True) -> Commit:
    """The application with some files of its own, committed."""
    commit = estate.clone.commit({**NEXT, **files})
    if push:
        estate.clone.push()
    return commit


async def look(estate: Estate, workload: Workload = WEB, boundary: Boundary | None = None) -> LinkReport:
    """The walk of `buildable` alone."""
    if boundary is not None:
        estate = replace(estate, boundary=boundary)
    async with estate.survey(workload) as survey:
        checks = [check for check in CHECKS if check.link is Link.BUILDABLE]
        return (await walk(survey, checks, overviews)).workloads[0].links[Link.BUILDABLE]
