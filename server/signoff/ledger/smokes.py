"""Requests that write, kept in the ledger: whichever process comes next, none goes out twice to one revision."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from signoff.ledger.events import SmokeSent
from signoff.ledger.store import Store
from signoff.model.arrival import Answer, Sent, Unmet
from signoff.model.facts import Known, Ref, Unknown
from signoff.model.http import Failure
from signoff.model.quoted import Quoted
from signoff.model.smoke import Smoke
from signoff.reading.walls import named


class SentInLedger:
    """The `Kept` of a repository. An event is written before the request goes out, and one when its answer is there."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def get(self, key: str, smoke: Smoke) -> Sent | None:
        return self._went_out(key, smoke)

    def begin(self, key: str, sent: Sent) -> bool:
        """Of several processes at once, the one whose event came first sends."""
        self.put(key, sent)
        first = self._went_out(key, sent.smoke)
        return first is not None and first.nonce == sent.nonce

    def put(self, key: str, sent: Sent) -> None:
        self._store.append(SmokeSent(sent.at, key, sent.smoke.called, sent.url, sent.nonce, _kept(sent)))

    def _went_out(self, key: str, smoke: Smoke) -> Sent | None:
        """The request that stands: the first one, or the first after one that reached nobody."""
        standing: Sent | None = None
        for event in reversed([event for event in self._store.read(SmokeSent) if event.key == key]):
            if standing is None or standing.nonce == event.nonce or standing.reached_nobody:
                standing = _sent(event, smoke)
        return standing


def _sent(event: SmokeSent, smoke: Smoke) -> Sent:
    ref = Ref("http", event.url, event.at)
    answer = None if event.answer is None else _answer(event.answer, ref)
    return Sent(smoke, event.url, event.nonce, event.at, answer)


def _kept(sent: Sent) -> Mapping[str, Any] | None:
    if sent.answer is None:
        return None
    if isinstance(sent.answer, Unknown):
        return {"unknown": sent.answer.why, "detail": sent.answer.detail}
    answer = sent.answer.value
    if isinstance(answer, Failure):
        return {"failure": answer.kind, "detail": answer.detail, "unsent": answer.unsent}
    wall = answer.wall
    return {
        "status": answer.status,
        "unmet": [[one.what, one.wanted, one.got] for one in answer.unmet],
        "wall": None if wall is None else [wall.kind, wall.shown, wall.value],
        "named": answer.named,
    }


def _answer(kept: Mapping[str, Any], ref: Ref) -> Known[Answer | Failure] | Unknown:
    if "unknown" in kept:
        return Unknown(kept["unknown"], ref, Quoted(kept["detail"]))
    if "failure" in kept:
        return Known(Failure(kept["failure"], Quoted(kept["detail"]), kept["unsent"]), ref)
    wall = kept["wall"]
    return Known(
        Answer(
            status=kept["status"],
            unmet=tuple(Unmet(what, wanted, Quoted(got)) for what, wanted, got in kept["unmet"]),
            wall=None if wall is None else named(wall[0], wall[1], Quoted(wall[2])),
            named=None if kept["named"] is None else Quoted(kept["named"]),
        ),
        ref,
    )
