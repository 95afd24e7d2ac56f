"""Where requests landed, by their nonces: one question to the request log for all that wait, as long as it may be late.

Cloud Logging allows 60 reads a minute and project (https://cloud.google.com/logging/quotas), so the looks of all
workloads are shared, and come more seldom the longer nothing is found.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta

from signoff.model.arrival import Landed, Sent
from signoff.model.evidence import Evidence
from signoff.model.facts import Known, Unknown
from signoff.model.logs import LogEntry
from signoff.survey import Survey

SKEW = timedelta(minutes=10)
"""How far this machine's clock may be from Google's."""
_FIRST, _GROWS, _LONGEST = 0.25, 1.6, 5.0
_AT_ONCE = 50
"""Nonces in one question: a filter holds 20,000 characters."""


@dataclass(frozen=True, slots=True)
class Look:
    """What the log said at `at`: `landed` None: it has no such request (yet)."""

    landed: Landed | None
    at: datetime


async def trail(survey: Survey) -> Trail:
    """The one of this survey (`survey.get(trail)`)."""
    return Trail(survey)


class Trail:
    """Asks for every nonce that somebody waits for, whoever asks."""

    def __init__(self, survey: Survey) -> None:
        self._survey = survey
        self._wanted: dict[str, datetime] = {}
        self._found: dict[str, LogEntry] = {}
        self._answer: Known[tuple[LogEntry, ...]] | Unknown | None = None
        self._looked = survey.now
        self._began = float("-inf")
        self._looks = 0
        self._lock = asyncio.Lock()

    async def find(self, sent: Sent, until: datetime) -> Look | Unknown:
        """Where the request landed, looking again and again until it is found or the time is `until`."""
        self._wanted[sent.nonce] = sent.at
        self._looks = 0
        while True:
            await self._look()
            if sent.nonce in self._found:
                return Look(self._landed(sent.nonce), self._looked)
            if isinstance(self._answer, Unknown):
                return self._answer
            if self._looked >= until:
                return Look(None, self._looked)

    async def _look(self) -> None:
        """One look that begins after this was called; who waits for one meanwhile shares it."""
        loop = asyncio.get_running_loop()
        asked = loop.time()
        async with self._lock:
            if self._began >= asked:
                return
            pause = min(_LONGEST, _FIRST * _GROWS**self._looks)
            await asyncio.sleep(max(0.0, self._began + pause - loop.time()))
            self._began = loop.time()
            self._looks += 1
            systems, project = self._survey.systems, self._survey.subject.target.project
            looked = systems.boundary.now()
            missing = sorted(self._wanted.keys() - self._found.keys())
            since = min(self._wanted.values()) - SKEW
            for first in range(0, len(missing), _AT_ONCE):
                some = missing[first : first + _AT_ONCE]
                self._answer = await systems.logs.landed(project, some, since)
                if isinstance(self._answer, Unknown):
                    break
                for entry in self._answer.value:
                    self._found.update({nonce: entry for nonce in some if _carries(entry, nonce)})
            self._looked = looked

    def _landed(self, nonce: str) -> Landed:
        entry, answer = self._found[nonce], self._answer
        project = self._survey.subject.target.project
        look = ("gcloud", "logging", "read", f'httpRequest.userAgent:"{nonce}"', f"--project={project}")
        resource = answer.ref.resource if answer else f"projects/{project}"
        path = entry.request.path if entry.request else None
        where = f"request {nonce[:8]}: revision_name"
        proof = Evidence("logging", resource, where, (entry.unit, path), entry.at, look=look)
        return Landed(entry, proof)


def _carries(entry: LogEntry, nonce: str) -> bool:
    agent = entry.request.agent if entry.request else None
    return (entry.trace or "").endswith(nonce) or (agent is not None and agent.contains(nonce))
