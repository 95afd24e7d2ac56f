"""The steps `traffic N`: percent by percent to the new revision, and back when something fails."""

from __future__ import annotations

from dataclasses import replace

from signoff.actions.plan import Before, Deploy, RollBack
from signoff.actions.revision_step import deployed, shared, wait_settled
from signoff.actions.steps import Act, Made, StepFailed, Undo
from signoff.check import Progress
from signoff.model.run import DEPLOY_TAG as TAG
from signoff.model.text import Text, listed, text
from signoff.systems.google.deployed import Deployed
from signoff.systems.google.edit import short
from signoff.systems.google.writer import Writers
from signoff.views.words import command

Shares = tuple[tuple[str, int], ...]


def traffic(item: Deploy, percent: int) -> Act:
    """`percent` to the new revision of every resource; with 100 the service follows its latest revision again."""

    async def act(writers: Writers, made: Made, progress: Progress) -> Made:
        befores = {before.resource: before for before in item.before}
        says = []
        for resource, revision in made.revisions:
            shares = split(befores[resource].serving, revision, percent)
            has = await _moved(writers, resource, revision, shares, progress)
            says.append(f"{revision} gets {has} % of the traffic{' already' if has > percent else ''}")
        return replace(made, says=text("{}", ", ".join(says)))

    return act


def split(before: Shares, revision: str, percent: int) -> Shares:
    """`percent` for the revision, the rest for those that served before, in their proportion; the sum is 100.

    All of it is "", the latest ready revision: what is deployed next gets the traffic, as before.
    """
    others = [(name, share) for name, share in before if name != revision]
    whole = sum(share for _, share in others)
    if percent == 100 or not whole:
        return (("", 100),)
    rest = 100 - percent
    parts = [(name, share * rest // whole) for name, share in others]
    (first, share), *more = parts
    parts = [(first, share + rest - sum(part for _, part in parts)), *more]
    return ((revision, percent), *(part for part in parts if part[1]))


async def _moved(writers: Writers, resource: str, revision: str, shares: Shares, progress: Progress) -> int:
    """The percent that the revision has by now."""
    whole = shares == (("", 100),)
    wanted = ((revision, 100),) if whole else tuple(sorted(shares))
    now = await deployed(writers, "service", resource)
    tagged = any(tag.name == TAG for tag in now.tags)
    if now.settled and now.serving == wanted and now.follows_latest == whole and not (whole and tagged):
        return dict(wanted)[revision]
    has = dict(now.serving).get(revision, 0)
    if not whole and has >= dict(shares)[revision]:
        return has  # an operation that died had come further: nobody loses a revision that they have already
    if whole and now.ready != revision:
        raise StepFailed(text("{} is the latest revision now, not {}: somebody else deployed", now.ready, revision))
    await shared(writers, resource, shares, (TAG, "") if whole else (TAG, revision), progress)
    now = await deployed(writers, "service", resource)
    if now.serving != wanted:
        raise StepFailed(text("traffic is not as it was asked for but: {}", shown(now.serving)), changed=True)
    return dict(wanted)[revision]


def back(item: Deploy | RollBack, operation: str) -> Undo:
    """Traffic of every resource as it was before the operation."""

    async def undo(writers: Writers) -> Text:
        says, failed = [], False
        for before in item.before:
            try:
                says.append(await _back(writers, before, operation))
            except StepFailed as failure:
                failed = True
                was = text("{} served {} before", short(before.resource), shown(before.serving))
                says.append(text("{}; {}: send it back when you can ({})", failure.says, was, _by_hand(before)))
        if failed:
            raise StepFailed(listed(says), changed=None)
        return listed(says)

    return undo


def _by_hand(before: Before) -> str:
    """The command that brings back what served."""
    _, project, _, region, _, name = before.resource.split("/")
    shares = ",".join(f"{revision}={percent}" for revision, percent in before.serving)
    where = (f"--region={region}", f"--project={project}")
    return command(["gcloud", "run", "services", "update-traffic", name, f"--to-revisions={shares}", *where])


async def _back(writers: Writers, before: Before, operation: str) -> Text:
    """What served before serves again, by name: the latest revision may be the one that failed."""
    now = await deployed(writers, "service", before.resource)
    name = short(before.resource)
    same = now.settled and now.serving == before.serving and now.follows_latest == before.follows_latest
    if same and now.operation != operation:
        if now.image == before.image:
            return text("{} was not changed: {} serves", name, shown(before.serving))
        return text(
            "{} serves as before; {} was made meanwhile and gets no traffic", shown(before.serving), now.created
        )
    if not before.serving:
        return text("nothing served {} before, so there is nothing to go back to", name)
    made = now.created if now.operation == operation and now.created != before.serving[0][0] else ""
    tag = (TAG, made if made == now.ready else "") if made else None  # what never became ready can not be reached
    failure = None
    moved = now.serving != before.serving or now.follows_latest or not now.settled  # what is on its way is not seen yet
    if moved or (tag is not None and not _has(now, tag)):
        try:
            await shared(writers, before.resource, before.serving, tag, lambda *_: None)
        except StepFailed as failed:
            failure = failed
            there = await deployed(writers, "service", before.resource)
            await wait_settled(writers, "service", before.resource, there.generation, lambda *_: None)
        now = await deployed(writers, "service", before.resource)
    if now.serving != before.serving:
        why = text(" ({})", failure.says) if failure else text("")
        raise StepFailed(text("{} serves now: {}{}", name, shown(now.serving), why), changed=True)
    kept = text("")
    if made:
        kept = text("; {} is kept for study{}", made, f" under the tag {TAG}" if tag and tag[1] else "")
    return text("{} serves again, and is pinned there until the next deploy{}", shown(before.serving), kept)


def _has(now: Deployed, tag: tuple[str, str]) -> bool:
    """Whether the tag is at that revision, whatever is deployed later; with an empty revision: whether it is gone."""
    there = [one for one in now.tags if one.name == tag[0]]
    return any(one.revision == tag[1] and not one.latest for one in there) if tag[1] else not there


def shown(serving: Shares) -> str:
    """Shares as a person reads them."""
    return ", ".join(f"{revision} {percent} %" for revision, percent in serving) or "nothing"


def shown_now(resource: Deployed) -> str:
    """What a resource serves, and whether somebody pinned it there."""
    return shown(resource.serving) if resource.follows_latest else f"{shown(resource.serving)} (pinned)"
