"""What Node commands evaluate: scripts of package.json, Next.js's routes, the configurations of bundlers."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import pairwise
from typing import Any

from signoff.reading.env_reads.entries import Found, Program, exists
from signoff.reading.env_reads.entries import programs as programs_of
from signoff.reading.env_reads.entries import take as take_any
from signoff.reading.env_reads.model import Command, Entry
from signoff.reading.env_reads.script_modules import SUFFIXES
from signoff.reading.source.script_resolution import read_json

_MANAGERS = frozenset({"npm", "yarn", "pnpm", "bun"})
_RUNNERS = frozenset({"node", "tsx", "ts-node", "ts-node-esm", "bun", "deno", "babel-node", "esno", "jiti"})
_CONFIGS: Mapping[str, tuple[str, ...]] = {
    "vite": ("vite.config",),
    "vitest": (),
    "astro": ("astro.config",),
    "nuxt": ("nuxt.config",),
    "nuxi": ("nuxt.config",),
    "webpack": ("webpack.config",),
    "rollup": ("rollup.config",),
    "rspack": ("rspack.config",),
    "tsup": ("tsup.config",),
    "gatsby": ("gatsby-config", "gatsby-node", "gatsby-ssr"),
    "remix": ("remix.config", "vite.config"),
    "react-router": ("react-router.config", "vite.config"),
    "vue-cli-service": ("vue.config",),
    "eleventy": (".eleventy", "eleventy.config"),
    "prisma": ("prisma.config",),
    "drizzle-kit": ("drizzle.config",),
    "payload": ("payload.config", "src/payload.config"),
    "svelte-kit": ("svelte.config",),
    "unbuild": ("build.config",),
    "docusaurus": ("docusaurus.config",),
    "parcel": (),
    "craco": ("craco.config",),
    "medusa": ("medusa-config",),
    "strapi": ("config/database", "config/server"),
}
"""Tool → configuration files, without suffix, that it evaluates."""
_DEPENDENCIES = ("dependencies", "devDependencies")
_BOTH = frozenset({"vite", "next", "astro", "nuxt", "react-router", "remix"})
_STYLE = ("postcss.config", "tailwind.config")
_APP = re.compile(
    r"(?:^|/)(?:page|layout|route|template|default|error|global-error|loading|not-found|forbidden|unauthorized|sitemap|robots"
    r"|manifest|opengraph-image\d*|twitter-image\d*|icon\d*|apple-icon\d*)\.(?:tsx?|jsx?)$"
)
_PRODUCTION = {"NODE_ENV": "production"}
_NEXT = {**_PRODUCTION, "NEXT_PHASE": "phase-production-build", "NEXT_RUNTIME": "nodejs"}
_NEXT_CALLS = ("getStaticProps", "getStaticPaths", "generateStaticParams", "generateSitemaps")


def take(found: Found, program: Program, name: str) -> None:
    words = program.words
    if name in _MANAGERS:
        _manager(found, program, name, [word for word in words[1:] if word != "--silent"])
    elif name in {"turbo", "nx", "lerna"}:
        _every_build(found, program)
    elif name in {"dotenv", "infisical", "doppler", "op"} and "--" in words:
        at = words.index("--")
        sets = {**_of_files(found, program.folder, words[1:at]), **program.sets} if name == "dotenv" else program.sets
        take_any(found, replace(program, words=words[at + 1 :], sets=sets, depth=program.depth + 1))
    elif name == "next" and (len(words) == 1 or words[1] == "build"):
        folder = next((word for word in words[2:] if not word.startswith("-")), ".")
        next_entries(found, replace(program, folder=posixpath.normpath(posixpath.join(program.folder, folder))))
    elif name in _RUNNERS:
        _node(found, program, name)
    elif name in _CONFIGS:
        _tool(found, program, name)


def _of_files(found: Found, folder: str, words: tuple[str, ...]) -> dict[str, str]:
    """What the files of `dotenv -e FILE -- …` have, and without one .env. https://www.npmjs.com/package/dotenv-cli"""
    from signoff.reading.env_reads.dotenv import names_of

    given = [word for flag, word in pairwise(words) if flag == "-e"] or [".env"]
    paths = (exists(found.files, folder, one) for one in given)
    return {name: "" for path in paths if path is not None for name in names_of(found.files[path])}


def _package(found: Found, folder: str) -> Mapping[str, Any]:
    path = exists(found.files, folder, "package.json")
    return read_json(found.files[path]) if path else {}


def _manager(found: Found, program: Program, manager: str, words: list[str]) -> None:
    """`npm run build`, `yarn build`, `pnpm --filter web build`, `npm run build -w web`."""
    folder, rest = program.folder, []
    given = iter(words)
    for word in given:
        flag, equals, value = word.partition("=")
        if flag in {"--filter", "-F", "-w", "--workspace", "--prefix", "-C", "--cwd", "--dir"}:
            value = value if equals else next(given, "")
            at = exists(found.files, folder, f"{value}/package.json")
            folder = posixpath.dirname(at) or "." if at else _workspace(found, value) or folder
        elif word == "workspace" and manager == "yarn":
            folder = _workspace(found, next(given, "")) or folder
        elif not word.startswith("-"):
            rest.append(word)
    if rest[:1] in (["exec"], ["dlx"], ["x"]) and len(rest) > 1:
        take_any(
            found,
            replace(program, words=tuple(words[words.index(rest[0]) + 1 :]), folder=folder, depth=program.depth + 1),
        )
        return
    script = rest[1] if rest[:1] in (["run"], ["run-script"]) and len(rest) > 1 else (rest[0] if rest else "install")
    if script in {"install", "ci", "i", "add"} and rest[:1] != ["run"]:
        for hook in ("preinstall", "install", "postinstall", "prepare"):
            run_script(found, program, folder, hook)
        return
    for one in (f"pre{script}", script, f"post{script}"):
        run_script(found, program, folder, one)


def _workspace(found: Found, name: str) -> str | None:
    name = name.strip("./{}").removesuffix("...")
    for path in found.files:
        if posixpath.basename(path) == "package.json":
            folder = posixpath.dirname(path) or "."
            if read_json(found.files[path]).get("name") == name or folder == name:
                return folder
    return None


def run_script(found: Found, program: Program, folder: str, script: str) -> None:
    scripts = _package(found, folder).get("scripts")
    text = scripts.get(script) if isinstance(scripts, dict) else None
    if isinstance(text, str):
        for inner in programs_of(Command(text, folder, program.place, program.sets), program.depth + 1):
            take_any(found, inner)


def _every_build(found: Found, program: Program) -> None:
    """A monorepo's runner builds the packages that its filters name, and what those depend on; else every one."""
    chosen = _chosen(found, program.words)
    for path in sorted(found.files):
        folder = posixpath.dirname(path) or "."
        is_package = posixpath.basename(path) == "package.json" and "node_modules" not in path
        if is_package and folder != program.folder and (chosen is None or folder in chosen):
            run_script(found, program, folder, "build")


def _chosen(found: Found, words: tuple[str, ...]) -> set[str] | None:
    """The folders of the named packages and of those of the repository that they depend on; None: all, or not known.

    https://turborepo.com/docs/reference/run#--filter-string · https://nx.dev/reference/nx-commands
    """
    names = [word.partition("=")[2] for word in words if word.startswith(("--filter=", "--scope=", "-F="))]
    names += [word for flag, word in pairwise(words) if flag in {"--filter", "--scope", "-F"}]
    if words[0].endswith("nx") and len(words) > 2 and not words[2].startswith("-"):
        names += [words[2].partition(":")[0]]
    waiting = [_workspace(found, name) for name in names]
    if not names or None in waiting:
        return None
    chosen = set[str]()
    while waiting:
        folder = waiting.pop()
        if folder is not None and folder not in chosen:
            chosen.add(folder)
            package = _package(found, folder)
            waiting += [_workspace(found, name) for kind in _DEPENDENCIES for name in package.get(kind) or {}]
    return chosen


def _node(found: Found, program: Program, name: str) -> None:
    """The first word that is a file of the tree; `--env-file` gives what that file has."""
    sets = dict(program.sets)
    for word in program.words[1:]:
        if word.startswith("--env-file"):
            from signoff.reading.env_reads.dotenv import names_of

            at = exists(found.files, program.folder, word.partition("=")[2])
            sets |= dict.fromkeys(names_of(found.files[at]), "") if at else {}
            continue
        if word.startswith("-") or (name in {"bun", "deno"} and word == "run"):
            continue
        path = exists(found.files, program.folder, word, *(word + suffix for suffix in SUFFIXES))
        if path is not None:
            found.add(Entry(path, " ".join(program.words[:4]), "script", sets))
        return


def _tool(found: Found, program: Program, name: str) -> None:
    sets = (
        {**_PRODUCTION, **program.sets} if name in _BOTH | {"webpack", "gatsby", "docusaurus"} else dict(program.sets)
    )
    if name in _BOTH:
        from signoff.reading.env_reads.dotenv import of_a_build

        sets = {**of_a_build(found.files, program.folder), **sets}
    given = [
        word
        for flag, word in zip(program.words, program.words[1:], strict=False)
        if flag in {"--config", "-c", "--schema"}
    ]
    stems = [*given, *_CONFIGS[name], *(_STYLE if name in _BOTH else ())]
    for stem in stems:
        path = exists(found.files, program.folder, stem, *(stem + suffix for suffix in SUFFIXES))
        if path is not None and path.endswith(SUFFIXES):
            found.add(Entry(path, f"{name}'s configuration", "script", sets))
    if name == "vite" and exists(found.files, program.folder, "svelte.config.js", "svelte.config.ts"):
        for path in _svelte_kit(found.files, program.folder):
            found.add(Entry(path, "SvelteKit imports it to analyse it", "script", sets))


def _svelte_kit(files: Mapping[str, bytes], folder: str) -> Iterator[str]:
    """https://svelte.dev/docs/kit/building-your-app#During-the-build: server code is loaded for analysis."""
    start = "" if folder == "." else f"{folder}/"
    wanted = re.compile(
        re.escape(start)
        + r"(?:svelte\.config|src/hooks\.server|src/routes/.*\+(?:server|(?:page|layout)(?:\.server)?))\.[jt]s"
    )
    yield from sorted(path for path in files if wanted.fullmatch(path))


def next_entries(found: Found, program: Program) -> None:
    """What `next build` evaluates: its configuration, and every route while it collects page data.

    https://nextjs.org/docs/app/api-reference/file-conventions
    """
    start = "" if program.folder == "." else f"{program.folder}/"
    from signoff.reading.env_reads.dotenv import of_a_build

    sets = {**of_a_build(found.files, program.folder), **_NEXT, **program.sets}
    for stem in ("next.config", *_STYLE):
        path = exists(found.files, program.folder, *(stem + suffix for suffix in SUFFIXES))
        if path is not None:
            found.add(Entry(path, "Next.js configuration", "script", sets))
    for path in sorted(found.files):
        if not path.startswith(start) or "node_modules/" in path:
            continue
        below = path[len(start) :].removeprefix("src/")
        if below.startswith("app/") and _APP.search(below) and "/_" not in below:
            found.add(Entry(path, "Next.js route", "script", sets, calls=_NEXT_CALLS))
        elif below.startswith("pages/") and _is_page(below):
            found.add(Entry(path, "Next.js page", "script", sets, calls=_NEXT_CALLS))
        elif re.fullmatch(r"(?:middleware|proxy|instrumentation)\.(?:ts|js)", below):
            found.add(Entry(path, "Next.js convention", "script", sets))


def _is_page(below: str) -> bool:
    return below.endswith((".tsx", ".ts", ".jsx", ".js")) and not below.endswith(
        (".d.ts", ".test.ts", ".test.tsx", ".stories.tsx")
    )
