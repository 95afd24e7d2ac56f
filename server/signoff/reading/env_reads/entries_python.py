"""What Python commands evaluate: scripts, modules, `-c`, Django's management commands. Installing imports nothing."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from dataclasses import replace

from signoff.reading.env_reads.entries import Found, Program, exists
from signoff.reading.env_reads.model import Entry

_PYTHON = re.compile(r"python(?:3(?:\.\d+)?)?|pypy3?")
_RUNNERS = {("uv", "run"), ("poetry", "run"), ("pdm", "run"), ("pipenv", "run"), ("hatch", "run"), ("rye", "run")}
_INSTALLERS = frozenset({"pip", "pip3", "uv", "poetry", "pdm", "pipenv", "conda", "mamba"})
_SERVERS = frozenset({"gunicorn", "uvicorn", "hypercorn", "celery"})


def take(found: Found, program: Program, name: str) -> bool:
    """Whether it is a Python command; then its entries are added, or a sentence on why they can not be told."""
    words = program.words
    if words[:2] in _RUNNERS and len(words) > 2:
        from signoff.reading.env_reads.entries import take as take_any

        rest = list(words[2:])
        while rest and rest[0].startswith("-"):
            rest.pop(0)
        if rest:
            take_any(found, replace(program, words=tuple(rest), depth=program.depth + 1))
        return True
    if _PYTHON.fullmatch(name):
        _python(found, program, list(words[1:]))
        return True
    if name == "manage.py" or (words[0].endswith(".py") and exists(found.files, program.folder, words[0])):
        _script(found, program, words[0])
        return True
    if name == "django-admin":
        _settings(found, program, words)
        return True
    if name == "flask":
        _flask(found, program, words)
        return True
    if name in _SERVERS:
        for word in words[1:]:
            if re.fullmatch(r"[\w.]+:\w+(\(\))?", word):
                _module(found, program, word.partition(":")[0], f"{name} {word}")
        return True
    return name in _INSTALLERS


def roots_of(folder: str) -> tuple[str, ...]:
    """The folder itself, its src, and those of the root: as sys.path has them after an editable installation."""
    folder = "" if folder == "." else folder
    candidates = [folder, posixpath.join(folder, "src"), "", "src"]
    return tuple(dict.fromkeys(candidates))


def _python(found: Found, program: Program, words: list[str]) -> None:
    while words and words[0].startswith("-") and words[0] not in {"-c", "-m", "-"}:
        flag = words.pop(0)
        if flag in {"-W", "-X"} and words:
            words.pop(0)
    if len(words) > 1 and words[0] == "-c":
        path = program.place.path if program.place else "the build's command"
        roots = roots_of(program.folder)
        found.add(Entry(path, "python -c", "python", program.sets, words[1], roots))
    elif len(words) > 1 and words[0] == "-m":
        if words[1] in {"pip", "venv", "compileall", "ensurepip", "build", "pytest"}:
            return
        if words[1] in {"django", "flask", *_SERVERS, "uv", "poetry"}:
            take(
                found,
                replace(program, words=("django-admin" if words[1] == "django" else words[1], *words[2:])),
                words[1],
            )
            return
        _module(found, program, words[1], f"python -m {words[1]}")
    elif words and words[0] != "-":
        _script(found, program, words[0])


def _script(found: Found, program: Program, written: str) -> None:
    path = exists(found.files, program.folder, written) or _by_end(found.files, written)
    if path is None:
        if "$" in written:
            found.unread[f"{program.place or program.folder}: runs {written}, which is known only while building"] = (
                None
            )
        return
    folder = posixpath.dirname(path)
    roots = tuple(dict.fromkeys([folder, *roots_of(program.folder)]))
    found.add(Entry(path, " ".join(program.words[:4]), "python", program.sets, None, roots))


def _by_end(files: Mapping[str, bytes], written: str) -> str | None:
    """A path of the image: `/app/manage.py` is the file of the tree that ends so, the one nearest to the root."""
    parts = [part for part in written.split("/") if part not in {"", ".", ".."}]
    for start in range(len(parts)):
        tail = "/".join(parts[start:])
        matches = [path for path in files if path == tail or path.endswith(f"/{tail}")]
        if matches:
            return min(matches, key=lambda path: (path.count("/"), path))
    return None


def _module(found: Found, program: Program, name: str, how: str) -> None:
    below = name.replace(".", "/")
    for root in roots_of(program.folder):
        path = exists(found.files, root, f"{below}/__main__.py", f"{below}.py", f"{below}/__init__.py")
        if path is not None:
            code = f"import {name}" if path.endswith("/__main__.py") or " -m " not in f" {how} " else None
            found.add(Entry(path, how, "python", program.sets, None if path.endswith(f"{below}.py") else code,
                            roots_of(program.folder)))  # fmt: skip
            return


def _settings(found: Found, program: Program, words: tuple[str, ...]) -> None:
    given = [word.partition("=")[2] for word in words if word.startswith("--settings=")]
    name = given[0] if given else program.sets.get("DJANGO_SETTINGS_MODULE", "")
    if name:
        _module(found, program, name, "django-admin")


def _flask(found: Found, program: Program, words: tuple[str, ...]) -> None:
    """https://flask.palletsprojects.com/en/stable/cli/: --app, FLASK_APP, else wsgi.py or app.py."""
    app = program.sets.get("FLASK_APP", "")
    for flag in ("--app", "-A"):
        if flag in words and len(words) > words.index(flag) + 1:
            app = words[words.index(flag) + 1]
    for name in [app.partition(":")[0].removesuffix(".py")] if app else ["wsgi", "app"]:
        _module(found, program, name, "flask")
