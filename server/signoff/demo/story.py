"""The Session 9 story: committed, built green, deployed, and the same error comes back.

Every refusal and every pass in it is a real `signoff` command that looks at a real repository and at the sandbox.
"""

from __future__ import annotations

import re
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from signoff.demo.stage import DemoError, Stage

SIGNOFF = (sys.executable, "-m", "signoff")
ERROR = "KeyError: 'School'"
REQUESTS = 3
LAG = 1.0
"""Seconds, as in the project's signoff.toml: a request counts once its log entries can not be late any more."""


@dataclass(frozen=True, slots=True)
class Teller:
    """How a face shows the story: a chapter's heading, a sentence, a command, a line of a program, a pause."""

    chapter: Callable[[str], None]
    say: Callable[[str], None]
    command: Callable[[str], None]
    line: Callable[[str], None]
    pause: Callable[[float], None]


def play(stage: Stage, tell: Teller) -> Path:
    """The whole story; the path of the handoff. DemoError where a step does not end as the story says."""
    story = _Story(stage, tell)
    story.production_runs_with_a_fault()
    story.a_fix_is_committed_and_deployed()
    story.signoff_refuses()
    story.the_fix_is_pushed()
    story.signoff_agrees()
    return story.the_handoff_is_written()


class _Story:
    def __init__(self, stage: Stage, tell: Teller) -> None:
        self.stage = stage
        self.tell = tell
        self.urls: dict[str, str] = {}

    def production_runs_with_a_fault(self) -> None:
        self.tell.chapter("Production runs, with a fault")
        self.tell.say("A repository, its remote, two services and a job on an embedded Google Cloud.")
        self.deploy()
        self.requests()
        self.tell.say("One source names its column otherwise. The log of web says:")
        self.run_told("python", "logs.py", "web", "3")
        self.tell.pause(3)

    def a_fix_is_committed_and_deployed(self) -> None:
        self.tell.chapter("A session fixes it: commit, build, deploy, all green")
        mapper = self.stage.clone / "shared" / "mapper.py"
        before = mapper.read_text("utf-8")
        mapper.write_text(before.replace('row["School"]', 'row.get("School") or row["school_name"]'), "utf-8")
        self.run_told("git", "diff", "--unified=0", "--no-color", "--", "shared")
        self.run_told("git", "commit", "--all", "--message", "Map both names of the school column")
        self.deploy()
        self.tell.say("Build: SUCCESS. Deploy: done. This is where a session says that it is fixed.")
        self.tell.pause(3)
        self.requests()
        self.tell.pause(3)

    def signoff_refuses(self) -> None:
        self.tell.chapter("signoff walks the change to production")
        self.sign_off(expected=1)
        self.tell.say("Exit code 1: refused. The build is of what the remote has, and the fix is not there.")
        self.tell.pause(6)

    def the_fix_is_pushed(self) -> None:
        self.tell.chapter("The cause is mended: push, build, deploy")
        self.run_told("git", "push", "origin", "main")
        self.deploy()
        self.requests()
        self.tell.pause(3)

    def signoff_agrees(self) -> None:
        self.tell.chapter("signoff walks it again")
        self.sign_off(expected=0)
        self.tell.say("Exit code 0: signed off. Each of these marks is something that git, the builder, the registry,")
        self.tell.say("Cloud Run or the logs said themselves.")
        self.tell.pause(5)

    def the_handoff_is_written(self) -> Path:
        self.tell.chapter("The handoff is written")
        written: list[str] = []
        words = ["--summary", "The report failed on rows of the second source; both column names are mapped now."]
        cause = ["--root-cause", "The second source calls the column school_name; the mapper knew School alone."]

        def keep(line: str) -> None:
            written.append(line)
            self.tell.line(line)

        argv = (*SIGNOFF, "handoff", "write", *words, *cause, "--gone", ERROR)
        self.tell.command(f"signoff handoff write --summary '…' --root-cause '…' --gone \"{ERROR}\"")
        if self.stage.told(argv, keep) or not written:
            raise DemoError("the handoff was not written", where=str(self.stage.clone), fix="read what it says above")
        return self.stage.clone / written[-1].strip()

    def sign_off(self, *, expected: int) -> None:
        self.tell.command(f'signoff run --gone "{ERROR}"')
        code = self.stage.shown((*SIGNOFF, "run", "--gone", ERROR))
        if code != expected:
            raise DemoError(
                f"signoff run ended with exit code {code}, and the story needs {expected}",
                where=str(self.stage.folder),
                fix="read the findings above; sandbox.log in that folder has the sandbox's own words",
            )

    def deploy(self) -> None:
        def read(line: str) -> None:
            found = re.match(r"(\w+): deployed .* at (http\S+)", line)
            if found:
                self.urls[found[1]] = found[2]
            self.tell.line(line)

        self.tell.command("python deploy.py")
        if self.stage.told((sys.executable, "deploy.py"), read):
            raise DemoError("the demo's deploy script failed", where=str(self.stage.clone), fix="read its words above")

    def requests(self) -> None:
        """What users do: ask for the report, and for the analysis."""
        for name, path in (("web", "/report"), ("analysis", "/")):
            answers = [_get(self.urls[name] + path) for _ in range(REQUESTS)]
            self.tell.command(f"curl {self.urls[name]}{path}")
            self.tell.line(answers[-1])
        time.sleep(LAG + 0.2)

    def run_told(self, program: str, *arguments: str) -> None:
        self.tell.command(" ".join((program, *(f'"{a}"' if " " in a else a for a in arguments))))
        argv = (sys.executable if program == "python" else program, *arguments)
        if self.stage.told(argv, self.tell.line):
            raise DemoError(f"{program} failed", where=str(self.stage.clone), fix="read what it says above")


def _get(url: str) -> str:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 (the sandbox's own loopback address)
            return f"{answer.status} {answer.read().decode()}"
    except urllib.error.HTTPError as error:
        return f"{error.code} {error.read().decode()}"
