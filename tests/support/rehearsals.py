"""A repository whose service web is built by Cloud Build with a Dockerfile, and how its build is rehearsed."""

from __future__ import annotations

import shutil
from dataclasses import replace

import pytest

from signoff.model.rehearsal import Rehearsal
from signoff.model.subject import CloudBuildConfig, Workload, WorkloadName
from support.repositories import Clone

PYTHON = Rehearsal(("python3", "build.py"), seconds=60)
NODE = Rehearsal(("node", "build.mjs"), seconds=60)
DOCKERFILE = """\
FROM python:3.11
COPY web/ ./
RUN --mount=type=secret,id=token,env=TOKEN python3 build.py
RUN node build.mjs
"""
CONFIG = """\
steps:
  - name: gcr.io/cloud-builders/docker
    args: [build, -t, image, -f, web/Dockerfile, --secret, 'id=token,env=TOKEN', .]
    secretEnv: [TOKEN]
availableSecrets: {secretManager: [{versionName: projects/p/secrets/token/versions/1, env: TOKEN}]}
"""
FILES = {"cloudbuild.yaml": CONFIG, "web/Dockerfile": DOCKERFILE, ".gitignore": ".env.local\n"}
needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="Node.js is not on this machine")


def workload(rehearsal: Rehearsal) -> Workload:
    inputs = ("web/**", "cloudbuild.yaml")
    folder = replace(rehearsal, folder="web")
    build = CloudBuildConfig("cloudbuild.yaml")
    return Workload(WorkloadName("web"), "service", "web", inputs, build, rehearsal=folder)


PAGE = """\
export function page() { return `<a href="${process.env.API_URL}">`; }
"""
BUILD = """\
import { spawnSync } from "node:child_process";
import { Worker } from "node:worker_threads";
import fs from "node:fs";
import { page } from "./page.mjs";
import "./later.mjs";
process.env.SET_HERE = "1";
const copy = { ...process.env };
if (copy.SET_HERE !== "1" || !("SET_HERE" in process.env)) throw new Error("a copy lacks a name");
if (!Object.keys(process.env).includes("CI")) throw new Error("a name is not listed");
if (JSON.parse(JSON.stringify(process.env)).CI !== "true") throw new Error("it is not written as JSON");
delete process.env.SET_HERE;
if (process.env.SET_HERE !== undefined || Object.hasOwn(process.env, "SET_HERE")) throw new Error("it is still there");
Object.assign(process.env, { AGAIN: 2 });
if (process.env.AGAIN !== "2" || process.env.toString === undefined) throw new Error("it is no environment any more");
const child = spawnSync(process.execPath, ["child.mjs"], { env: process.env, encoding: "utf8" });
if (child.status !== 0) throw new Error(child.stderr);
await new Promise((done, stop) => new Worker("./worker.mjs", { env: process.env }).on("exit", done).on("error", stop));
await new Promise((done) => new Worker("./worker.mjs").on("exit", done));
fs.mkdirSync("out");
fs.writeFileSync("out/index.html", page());
"""
APP = {
    "web/build.mjs": BUILD,
    "web/page.mjs": PAGE,
    "web/later.mjs": "const url = process.env.DATABASE_URL;\nexport const later = () => url;\n",
    "web/child.mjs": "process.stdout.write(String(process.env.IN_CHILD));\n",
    "web/worker.mjs": "String(process.env.IN_WORKER);\n",
}


def pushed(clone: Clone, files: dict[str, str | None]) -> None:
    clone.commit(files)
    clone.push()
