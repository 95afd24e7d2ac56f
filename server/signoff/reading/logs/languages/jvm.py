"""What a JVM or Spring Boot prints of its end that is no stack trace: a crash in native code, a start that failed."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from signoff.reading.logs.thrown import LINES, Frame, Thrown

_CRASH = "# A fatal error has been detected by the Java Runtime Environment:"
_CAUSE = re.compile(r"#  (\S[^(\n]{0,80})")
_NATIVE = re.compile(r"# \w +\[([^\]+]{1,80})[^\]]*\] *([^+\s]*)")
_REPORTER = "LoggingFailureAnalysisReporter"
_START = "APPLICATION FAILED TO START"


def crashes(line: str) -> bool:
    """Whether the JVM's report of a crash begins here."""
    return line.startswith(_CRASH)


def fails_to_start(line: str) -> bool:
    """Whether Spring Boot's analysis of a failed start begins here: its logger's line, or the title alone."""
    return _REPORTER in line or line.startswith(_START)


@dataclass(slots=True)
class Crash:
    """A report whose lines all begin with `#`: the signal or the reason, and the native frame that failed.

    https://docs.oracle.com/en/java/javase/21/troubleshoot/fatal-error-log.html
    """

    lines: list[str] = field(default_factory=list)
    framed: bool = True

    def take(self, line: str) -> bool | None:
        """True: the line is part of it; False: it is not, and ends it."""
        if not line.startswith("#"):
            return False
        if len(self.lines) < LINES:
            self.lines.append(line)
        return True

    def take_run(self, _run: str) -> bool:
        """Indented lines at once: none are part of it."""
        return False

    def thrown(self) -> Thrown:
        cause = next((found[1] for line in self.lines if (found := _CAUSE.match(line))), "")
        place = next((found for line in self.lines if (found := _NATIVE.match(line))), None)
        frames = (Frame(f"{place[1]} {place[2]}".strip(), own=True),) if place else ()
        return Thrown("JVM crash", cause.strip(), frames)


@dataclass(slots=True)
class FailedStart:
    """Title, `Description:` and `Action:`, each with its words below; the description is the error.

    https://docs.spring.io/spring-boot/reference/features/spring-application.html#features.spring-application.startup-failure
    """

    lines: list[str] = field(default_factory=list)
    _under: str = ""
    _description: list[str] = field(default_factory=list)
    _acted: bool = False

    @property
    def framed(self) -> bool:
        return bool(self._description)

    def take(self, line: str) -> bool | None:
        """True: the line is part of it; False: it is not, and ends it."""
        bare = line.strip()
        if (self._acted and bare) or len(self.lines) >= LINES:
            return False
        self.lines.append(line)
        if bare in ("Description:", "Action:"):
            self._under = bare
        elif bare and self._under == "Description:":
            self._description.append(bare)
        elif bare and self._under == "Action:":
            self._acted = True
        return True

    def take_run(self, _run: str) -> bool:
        """Indented lines at once: they have to be taken one by one."""
        return False

    def thrown(self) -> Thrown:
        return Thrown("Failed to start", " ".join(self._description))
