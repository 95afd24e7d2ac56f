"""`signoff init`: a first signoff.toml from what the repository and its project already say."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from signoff.config.reader import FILE, parse, repository_root
from signoff.drafting.candidates import LiveProject
from signoff.drafting.databases import Shown, read_databases, use_of
from signoff.drafting.draft import Draft, GitFacts, draft, minimal
from signoff.drafting.files import LOOKED_FOR, Files, read_files
from signoff.drafting.live import read_live
from signoff.model.errors import SignoffError
from signoff.model.facts import Unknown

if TYPE_CHECKING:
    from signoff.systems import Systems

_USUAL_BRANCHES = ("main", "master", "trunk", "develop")


@dataclass(frozen=True, slots=True)
class InitResult:
    """`written`: whether the file is there now; `workloads` is empty for a minimal one."""

    path: Path
    text: str
    written: bool
    workloads: tuple[str, ...]
    notes: tuple[str, ...]
    looked_for: tuple[str, ...] = LOOKED_FOR


async def init(
    root: Path,
    *,
    force: bool = False,
    write: bool = True,
    systems: Systems | None = None,
    minimal_if_nothing: bool = False,
    project: str | None = None,
    region: str | None = None,
) -> InitResult:
    """Draft signoff.toml for the repository around `root` and, with `write`, put it in the repository's root.

    `systems`: what may be asked beside the files (git, and Cloud Run in the project that the files name, or in
    `project` and `region`). Raises SignoffError where a file is there already (unless `force`), and where nothing was
    found to make one from (unless `minimal_if_nothing`).
    """
    top, path, exists = await asyncio.to_thread(_place, root)
    if write and not force and exists:
        raise SignoffError(
            f"there is a {FILE} already",
            where=str(path),
            fix="signoff init --dry-run shows another; --force replaces it",
        )
    files = await asyncio.to_thread(read_files, top)
    git, live = await _asked(systems, files, project, region)
    made = draft(top, files, git, live, project=project, region=region)
    if made.workloads:
        shown, uses = await asyncio.to_thread(_databases, top, path, made)
        made = draft(top, files, git, live, project=project, region=region, shown=shown, uses=uses)
    if not made.workloads:
        if not minimal_if_nothing:
            raise SignoffError(
                f"nothing says what this repository deploys; looked for {'; '.join(LOOKED_FOR)}",
                where=str(top),
                fix="signoff init --minimal writes a small one to fill in",
            )
        made = Draft(minimal(), (), ("nothing was found: everything in it is an example",))
    parse(made.text.encode(), path)  # what is written must load: an error here is a bug, and nothing is written
    if write:
        await asyncio.to_thread(_put, path, made.text, force)
    return InitResult(path, made.text, write, made.workloads, made.notes)


def _databases(top: Path, path: Path, made: Draft) -> tuple[Shown, dict[str, str]]:
    """What the files show, and why each workload uses it: by what it is made from, as the draft says it."""
    from signoff.systems.git.inputs import Inputs

    shown = read_databases(top)
    inputs = parse(made.text.encode(), path).inputs
    found = {str(name): use_of(shown, Inputs(of.patterns).matches) for name, of in inputs.items()}
    return shown, {name: why for name, why in found.items() if why is not None}


def _place(root: Path) -> tuple[Path, Path, bool]:
    top = repository_root(root.resolve()) or root.resolve()
    return top, top / FILE, (top / FILE).exists()


async def _asked(
    systems: Systems | None, files: Files, project: str | None, region: str | None
) -> tuple[GitFacts, LiveProject | None]:
    if systems is None:
        return GitFacts(None, None), None
    deploys = list(_deploys(files))
    projects = [project] if project else list(dict.fromkeys(one for one, _region in deploys if one))
    regions = [region] if region else list(dict.fromkeys(one for _project, one in deploys if one))
    asks_live = len(projects) == 1 and bool(regions)
    git, live = await asyncio.gather(
        _git(systems), read_live(systems, projects[0], regions) if asks_live else _nothing()
    )
    return git, live


def _deploys(files: Files) -> Iterator[tuple[str | None, str | None]]:
    found = [deploy for script in files.scripts.values() for deploy in script.deploys]
    found += [deploy for build in files.cloudbuilds.values() for deploy in build.deploys]
    for deploy in found:
        yield deploy.project, deploy.region


async def _nothing() -> None:
    return None


async def _git(systems: Systems) -> GitFacts:
    """The remote and a usual branch of it; None for what git does not answer."""
    remotes = await systems.git.remotes()
    if isinstance(remotes, Unknown) or not remotes.value:
        return GitFacts(None, None)
    remote = "origin" if "origin" in remotes.value or len(remotes.value) > 1 else remotes.value[0]
    layout = await systems.git.layout()
    private = layout if isinstance(layout, Unknown) else await systems.git.private(remote, layout.value)
    if private is None or isinstance(private, Unknown):
        return GitFacts(remote, None)
    refs = await systems.git.remote_refs(remote, private)
    if isinstance(refs, Unknown):
        return GitFacts(remote, None)
    heads = refs.value.heads
    only = next(iter(heads)) if len(heads) == 1 else None
    return GitFacts(remote, next((name for name in _USUAL_BRANCHES if name in heads), only))


def _put(path: Path, text: str, force: bool) -> None:
    """A file that is there is replaced whole or not at all, and never by chance."""
    try:
        if not force:
            with path.open("x", encoding="utf-8", newline="\n") as file:
                file.write(text)
            return
        unfinished = path.with_name(f".{path.name}.new")
        unfinished.write_text(text, encoding="utf-8", newline="\n")
        unfinished.replace(path)
    except FileExistsError:
        raise SignoffError(f"there is a {FILE} already", where=str(path), fix="--force replaces it") from None
    except OSError as error:
        says = f"{FILE} can not be written ({error.strerror or type(error).__name__})"
        raise SignoffError(says, where=str(path), fix="make the folder writable, or use --dry-run") from error
