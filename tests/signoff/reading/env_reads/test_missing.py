"""What the build lacks of what the code reads: the incident, and the states that look like it and are healthy."""

from __future__ import annotations

from signoff.reading.build_steps import dockerfile_steps
from signoff.reading.dockerfile import read
from signoff.reading.env_reads.missing import Missing, missing
from signoff.reading.env_reads.scan import scan

PROJECT = {
    "package.json": '{"scripts": {"build": "next build"}}',
    "app/api/auth/route.ts": 'import { auth } from "../../../lib/auth"\nexport const GET = auth\n',
    "app/page.tsx": "'use client'\nexport default () => process.env.NEXT_PUBLIC_API\n",
    "lib/auth.ts": "import { make } from 'auth'\nconst secret = process.env.AUTH_SECRET\nif (!secret) throw 1\n"
    "export const auth = make(secret, process.env.CLIENT_ID!, process.env.NOWHERE)\n",
}
RUN_TIME = {"AUTH_SECRET", "CLIENT_ID", "NEXT_PUBLIC_API"}


def found(dockerfile: str, run_time: set[str] = RUN_TIME, **files: str) -> list[Missing]:
    tree = {path: text.encode() for path, text in {**PROJECT, **files}.items()}
    result: list[Missing] = []
    for step in dockerfile_steps(read(dockerfile.encode()), "Dockerfile"):
        result += missing(scan(tree, [step.command]), step.environment, run_time)
    return result


BARE = "FROM node\nWORKDIR /app\nCOPY . .\nRUN npm ci && npm run build\n"


def test_every_name_that_the_build_lacks_is_told_with_its_chain_and_cure() -> None:
    stops, may_stop, baked = found(BARE)
    assert (stops.name, stops.kind, stops.run_time_only) == ("AUTH_SECRET", "stops", True)
    assert [str(place) for place in stops.chain] == ["app/api/auth/route.ts:1", "lib/auth.ts:2"]
    assert stops.cure == (
        "read AUTH_SECRET when it is first needed: move what lib/auth.ts:2 does into a function that a request calls, "
        "or give the build a placeholder that is no secret"
    )
    assert (may_stop.name, may_stop.kind) == ("CLIENT_ID", "may-stop")
    assert (baked.name, baked.kind, str(baked.place)) == ("NEXT_PUBLIC_API", "baked-empty", "app/page.tsx:2")


def test_what_the_build_has_is_not_missing() -> None:
    has = BARE.replace("RUN", "ARG AUTH_SECRET=placeholder\nENV CLIENT_ID=x NEXT_PUBLIC_API=https://x\nRUN")
    assert found(has) == []
    assert found(BARE.replace("RUN npm ci", "RUN AUTH_SECRET=x CLIENT_ID=x npm ci"), {"AUTH_SECRET"}) != []
    inline = BARE.replace("npm run", "AUTH_SECRET=x CLIENT_ID=x NEXT_PUBLIC_API=x npm run")
    assert found(inline) == [], "what the command itself gives is baked with its value"


def test_an_argument_that_nobody_hands_over_is_named_as_empty() -> None:
    (stops, *_rest) = found(BARE.replace("RUN", "ARG AUTH_SECRET\nENV AUTH_SECRET=$AUTH_SECRET\nRUN"))
    assert stops.empty is not None
    assert (stops.empty.source, stops.empty.place.line) == ("ENV", 5)


def test_a_name_that_another_one_makes_needless_is_not_missing() -> None:
    code = {"lib/auth.ts": "export const auth = () => 1\nif (!process.env.SKIP && !process.env.X) throw new Error()"}
    assert [one.name for one in found(BARE, set(), **code)] == ["X"]
    assert found(BARE.replace("RUN", "ENV SKIP=1\nRUN"), set(), **code) == []


def test_a_name_that_is_asked_for_only_beside_another_counts_where_that_is_there() -> None:
    code = {"lib/auth.ts": "export const auth = 1\nif (process.env.URL_) { process.env.TOKEN!.trim() }"}
    assert found(BARE, {"TOKEN", "URL_"}, **code) == []
    assert [one.name for one in found(BARE.replace("RUN", "ENV URL_=x\nRUN"), {"TOKEN"}, **code)] == ["TOKEN"]


def test_an_empty_value_serves_a_subscript_of_python_and_not_a_guard() -> None:
    text = "FROM python\nENV A= B=\nCOPY . .\nRUN python m.py\n"
    code = {"m.py": "import os\nos.environ['A']\nif not os.environ['B']:\n    raise ValueError\n"}
    assert [one.name for one in found(text, set(), **code)] == ["B"]
