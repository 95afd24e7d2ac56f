# ruff: noqa: E501  a case is one line
"""What JavaScript and TypeScript read from the environment at module evaluation, with the healthy look-alikes."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signoff.reading.env_reads import Command, Entry, EnvRead, Scan
from signoff.reading.env_reads.scan import scan

NEXT = {
    "package.json": '{"scripts": {"build": "next build"}}',
    "tsconfig.json": '{"compilerOptions": {"paths": {"@/*": ["./*"],},},} // c',
}
NEED = "const need = (n: string) => { const v = process.env[n]; if (!v) throw new Error(n); return v }\n"
ZOD = 'import { z } from "zod"\n'
T3 = ZOD + 'import { createEnv } from "@t3-oss/env-nextjs"\n'


def built(tree: dict[str, str], command: str = "npm ci && npm run build") -> Scan:
    return scan({path: text.encode() for path, text in {**NEXT, **tree}.items()}, [Command(command)])


def reads(code: str) -> dict[str, EnvRead]:
    found = built({"app/api/x/route.ts": 'import "@/lib/x"\n', "lib/x.ts": code})
    assert not found.unread
    return {one.name: one for one in found.reads}


REQUIRED = {
    "a property of undefined": "export const x = process.env.X!.split(',')",
    "a subscript": 'export const x = process.env["X"]!.trim()',
    "a guard": "const x = process.env.X\nif (!x) { throw new Error('X') }",
    "a guard of two": "const x = process.env.X, y = process.env.Y\nif (!x || !y) throw new Error('X')",
    "a guard by comparison": "if (process.env.X === undefined) throw new Error('X')",
    "a guard by typeof": "if (typeof process.env.X !== 'string') throw new Error('X')",
    "a guard that ends the program": "if (!process.env.X) { console.error('X'); process.exit(1) }",
    "instead of a value an error": "export const x = process.env.X ?? (() => { throw new Error('X') })()",
    "a helper": NEED + "export const x = need('X')",
    "a helper in a class": "class Env { static get(n: string): string { const v = process.env[n]; if (v == null) throw new Error(n); return v } }\nexport const x = Env.get('X')",
    "a helper that is given the value": "function be<T>(v: T | undefined, n: string): T { if (v === undefined) throw new Error(n); return v }\nexport const x = be(process.env.X, 'X')",
    "imported": "import { env } from 'node:process'\nif (!env.X) throw new Error('X')",
    "imported under another name": "import { env as e } from 'process'\nexport const x = e.X!.trim()",
    "destructured": "const { X } = process.env\nif (!X) throw new Error('X')",
    "destructured under another name": "const { X: x } = process.env as Record<string, string>\nx.split(',')",
    "a static field": NEED + "class C { static x = need('X') }",
    "a static block": NEED + "class C { static { need('X') } }",
    "a field of an instance": NEED + "class C { private x = need('X'); m() {} }\nexport const c = new C()",
    "a constructor": "class C { constructor(private x = process.env.X!.trim()) {} }\nexport default new C()",
    "a base's constructor": NEED + "class B { constructor() { need('X') } }\nclass C extends B { y = 1 }\nnew C()",
    "a default argument": NEED + "function f(x = need('X')) { return x }\nf()",
    "a loop": "for (const n of ['X']) { if (!process.env[n]) throw new Error(n) }",
    "forEach": "['X'].forEach((n) => { if (!process.env[n]) throw new Error(n) })",
    "what is missing of a list": "const m = ['X', 'Y'].filter((n) => !process.env[n])\nif (m.length > 0) throw new Error(m.join())",
    "an object's entries": "const c = { X: process.env.X }\nfor (const [k, v] of Object.entries(c)) { if (!v) throw new Error(k) }",
    "a URL": "export const x = new URL(process.env.X!)",
    "a client that refuses undefined": "import Stripe from 'stripe'\nexport const s = new Stripe(process.env.X!, {})",
    "an invariant": "import invariant from 'tiny-invariant'\ninvariant(process.env.X, 'X')",
    "zod": ZOD + "export const env = z.object({ X: z.string().min(1) }).parse(process.env)",
    "zod, safely and then not": ZOD
    + "const r = z.object({ X: z.string(), Y: z.string().optional() }).safeParse(process.env)\nif (!r.success) throw new Error()",
    "zod of what is picked": ZOD + "const s = z.object({ x: z.string() })\ns.parse({ x: process.env.X })",
    "t3-env": T3 + "export const env = createEnv({ server: { X: z.string().url() }, runtimeEnv: process.env })",
    "t3-env that is picked": T3
    + "export const env = createEnv({ server: { X: z.string() }, client: {}, runtimeEnv: { X: process.env.X } })",
    "envalid": "import { cleanEnv, str } from 'envalid'\nexport const env = cleanEnv(process.env, { X: str(), Y: str({ default: '' }) })",
    "env-var": "import env from 'env-var'\nexport const x = env.get('X').required().asString()",
    "awaited at the top": NEED + "async function f() { return need('X') }\nexport const x = await f()",
    "caught and ended": "async function main() { process.env.X!.trim() }\nmain().catch(() => process.exit(1))",
    "the server's side": "if (typeof window === 'undefined') { process.env.X!.trim() }",
    "production": "if (process.env.NODE_ENV === 'production' && !process.env.X) throw new Error('X')",
    "CommonJS": "const { need } = require('./need')\nmodule.exports = { x: need('X') }\nfunction unused() {}\nfunction need2() {}\nif (!process.env.X) throw new Error('X')",
}
HEALTHY = {
    "a default": "export const x = (process.env.X ?? 'd').split(',')",
    "a default by or": "export const x = (process.env.X || 'd').split(',')",
    "a default of the pattern": "const { X = 'd' } = process.env\nX.split(',')",
    "a question mark": "export const x = process.env.X?.split(',').map((s) => s.trim())",
    "asked first": "export const x = process.env.X ? process.env.X.split(',') : []",
    "and": "export const x = process.env.X && process.env.X.split(',')",
    "left early": "function f() { const x = process.env.X; if (!x) return null; return x.split(',') }\nf()",
    "caught": "try { process.env.X!.trim() } catch {}",
    "set by the code": "process.env.X ||= 'd'\nprocess.env.X!.trim()",
    "zod's default": ZOD + "z.object({ X: z.string().default('d') }).parse(process.env)",
    "zod's optional": ZOD + "z.object({ X: z.coerce.number().optional() }).parse(process.env)",
    "coerced": ZOD + "z.object({ X: z.coerce.boolean() }).parse(process.env)",
    "only listed": "export const names = ['X'].filter((n) => process.env[n])",
    "the build's phase": "if (process.env.NEXT_PHASE !== 'phase-production-build') { process.env.X!.trim() }",
    "development": "if (process.env.NODE_ENV !== 'production') { process.env.X!.trim() }",
    "the browser's side": "if (typeof window !== 'undefined') { process.env.X!.trim() }",
    "only handed on": "import { make } from 'some-package'\nexport const c = make({ key: process.env.X! })",
}
LAZY = {
    "a handler": "export async function GET() { return Response.json(process.env.X!.trim()) }",
    "an arrow function": "export const f = () => process.env.X!.trim()",
    "a method": "class C { m() { return process.env.X!.trim() } }\nexport const c = new C()",
    "an import in a function": "export const f = () => import('@/lib/other')",
    "a callback of a package": "import { on } from 'some-package'\non('x', () => process.env.X!.trim())",
    "a type alone": "import type { T } from '@/lib/other'",
    "a type without the word": "import { T } from '@/lib/other'\nexport const f = (x: T) => x",
    "a comment": "// process.env.X!.trim()",
    "lazily made": "let c: string | undefined\nexport const get = () => (c ??= process.env.X!.trim())",
}


@pytest.mark.parametrize("code", REQUIRED.values(), ids=REQUIRED)
def test_a_read_that_stops_the_build_is_required(code: str) -> None:
    found = built({"app/api/x/route.ts": 'import "@/lib/x"\n', "lib/x.ts": code})
    assert {one.name: one.need for one in found.reads}["X"] == "required"


@pytest.mark.parametrize("code", HEALTHY.values(), ids=HEALTHY)
def test_a_read_that_the_build_does_without_is_not_required(code: str) -> None:
    one = reads(code).get("X")
    assert one is None or one.need != "required"


@pytest.mark.parametrize("code", LAZY.values(), ids=LAZY)
def test_a_lazy_read_is_no_read_of_the_build(code: str) -> None:
    tree = {
        "app/api/x/route.ts": 'import "@/lib/x"\n',
        "lib/x.ts": code,
        "lib/other.ts": "process.env.X!.trim()\nexport type T = 1",
    }
    assert built(tree).reads == ()


def test_the_incident_auth_read_at_module_evaluation_through_a_route_of_the_app_router() -> None:
    tree = {
        "app/api/auth/[...all]/route.ts": 'import { toNextJsHandler } from "better-auth/next-js"\nimport { auth } from "@/lib/auth"\nexport const { GET, POST } = toNextJsHandler(auth)\n',
        "app/page.tsx": "export default function Page() { return <main>{process.env.GREETING}</main> }\n",
        "lib/auth.ts": 'import { betterAuth } from "better-auth"\nimport { requireEnv } from "./env"\nexport const auth = betterAuth({ secret: requireEnv("BETTER_AUTH_SECRET") })\n',
        "lib/env.ts": "export function requireEnv(name: string): string {\n  const value = process.env[name]\n  if (!value) throw new Error(`missing ${name}`)\n  return value\n}\n",
    }
    (read,) = built(tree).reads
    assert (read.name, read.need, read.why) == ("BETTER_AUTH_SECRET", "required", "lib/env.ts:3 throws")
    assert [(str(place), place.what) for place in read.chain] == [
        ("app/api/auth/[...all]/route.ts:2", "imports lib/auth.ts"),
        ("lib/auth.ts:3", "calls requireEnv"),
        ("lib/env.ts:2", "reads BETTER_AUTH_SECRET"),
    ]


def test_every_name_is_found_and_not_only_the_first() -> None:
    found = reads(NEED + "need('A')\nneed('B')\nif (!process.env.C) throw new Error()\nprocess.env.D!.trim()")
    assert {name for name, one in found.items() if one.required} == set("ABCD")


def test_what_a_read_hangs_on_is_told() -> None:
    found = reads("if (process.env.REDIS_URL) { process.env.REDIS_TOKEN!.trim() }\n" + T3
                  + "createEnv({ server: { X: z.string() }, runtimeEnv: process.env, skipValidation: !!process.env.SKIP })")  # fmt: skip
    assert found["REDIS_TOKEN"].given == {"REDIS_URL"}
    assert found["X"].unless == {"SKIP"}


def test_static_props_and_params_are_called_by_the_build_and_server_props_are_not() -> None:
    code = (
        "export async function {}() {{ return process.env.X!.trim() }}\nexport default function P() {{ return null }}"
    )
    assert [one.name for one in built({"pages/a.tsx": code.format("getStaticProps")}).reads] == ["X"]
    assert built({"pages/a.tsx": code.format("getServerSideProps")}).reads == ()


def test_imports_through_workspaces_indexes_and_paths_are_followed() -> None:
    tree = {
        "apps/web/package.json": '{"scripts": {"build": "cross-env FOO=1 next build"}}',
        "apps/web/tsconfig.json": '{"extends": "../../tsconfig.base.json"}',
        "tsconfig.base.json": '{"compilerOptions": {"baseUrl": ".", "paths": {"@lib": ["packages/lib/src"]}}}',
        "apps/web/src/app/page.tsx": 'import { a } from "@lib"\nimport b from "@acme/db/client"\nimport "server-only"\nexport default a\nif (!process.env.FOO) throw 1',
        "packages/lib/src/index.ts": "export * from './a.js'",
        "packages/lib/src/a.ts": "export const a = process.env.A!.trim()",
        "packages/db/package.json": '{"name": "@acme/db", "exports": {"./client": {"types": "./dist/client.d.ts", "import": "./dist/client.js"}}}',
        "packages/db/src/client.ts": "export default process.env.B!.trim()",
    }
    found = built(tree, "pnpm --filter ./apps/web build")
    assert {one.name for one in found.reads} == {"A", "B"}
    assert found.unresolved == 1


@pytest.mark.parametrize(
    ("command", "tree"),
    [
        ("vite build", {"vite.config.ts": "X"}),
        ("npx tsx scripts/gen.ts", {"scripts/gen.ts": "X"}),
        ("node build.mjs --minify", {"build.mjs": "X"}),
        (
            "yarn prebuilt",
            {"package.json": '{"scripts": {"prebuilt": "webpack --config w.config.js"}}', "w.config.js": "X"},
        ),
        ("npm run build", {"next.config.mjs": "X"}),
        ("npm ci", {"package.json": '{"scripts": {"postinstall": "node hook.js"}}', "hook.js": "X"}),
    ],
)
def test_what_build_commands_evaluate(command: str, tree: dict[str, str]) -> None:
    tree = {
        path: text.replace("X", "process.env.X.trim()", 1) if path != "package.json" else text
        for path, text in tree.items()
    }
    assert [one.name for one in built(tree, command).reads] == ["X"]


def test_public_names_are_baked_where_browsers_get_the_code_and_not_on_the_server_alone() -> None:
    tree = {
        "app/page.tsx": "import { Button } from './button'\nimport { api } from '../lib/server'\nexport default function P() { return <Button /> }",
        "app/button.tsx": "'use client'\nimport { url } from '../lib/url'\n// process.env.NEXT_PUBLIC_COMMENT\nexport const Button = () => <a href={url()}>{process.env.NEXT_PUBLIC_LABEL || 'x'}</a>",
        "lib/url.ts": "export const url = () => process.env.NEXT_PUBLIC_URL!",
        "lib/server.ts": "export const api = () => process.env.NEXT_PUBLIC_SERVER_ONLY",
    }
    assert [(one.name, str(one.place), one.defaulted) for one in built(tree).baked] == [
        ("NEXT_PUBLIC_LABEL", "app/button.tsx:4", True),
        ("NEXT_PUBLIC_URL", "lib/url.ts:1", False),
    ]


def test_vite_bakes_what_its_sources_read() -> None:
    tree = {
        "vite.config.ts": "export default {}",
        "src/main.ts": "fetch(import.meta.env.VITE_API)\nprocess.env.VITE_NOT",
        "src/a.test.ts": "import.meta.env.VITE_TEST",
    }
    assert [one.name for one in built(tree, "vite build").baked] == ["VITE_API"]


def test_a_name_that_is_computed_is_said_with_its_place() -> None:
    found = built({"app/page.tsx": "export const x = process.env[Math.random()]"})
    assert found.unread == ("app/page.tsx:1: process.env[Math.random()] reads a name that is computed",)


pieces = st.sampled_from(
    ["import a from './x'\n", "export * from './main'\n", "const { x, ...y } = process.env\n", "if (x) {", "}", "throw x;", "function f(a, { b }, ...c) {", "return f(x);",
     "class C extends C { static x = f(); constructor() { super() } ", "try {", "} catch (e) {", "for (const k of x) {", "x ??= process.env[x];", "() => {", "`${x}`;", "await x;", "x?.y.z();",
     "switch (x) { case 1:", "module.exports = x;", "export default x\n", "x.filter(f);", "new C(x);", "'use client'\n", "enum E { a = 1 }", "<T>x;", "[a, b] = x;", "z.object({ a: z.string() }).parse(process.env);"]
)  # fmt: skip


@settings(deadline=None, max_examples=150)
@given(st.lists(pieces, max_size=25).map("".join) | st.text(max_size=80))
def test_any_text_is_followed_or_said_not_to_be(text: str) -> None:
    scan(
        {"main.ts": text.encode("utf-8", "replace"), "x.js": b"import './main'"},
        entries=[Entry("main.ts", "test", "script")],
    )
