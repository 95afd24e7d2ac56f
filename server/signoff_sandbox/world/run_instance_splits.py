"""Instance splits of a worker pool: which revision gets how many of its instances."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from google.cloud.run_v2.types import InstanceSplit, InstanceSplitAllocationType, InstanceSplitStatus

from signoff_sandbox.world.cloud import Cloud
from signoff_sandbox.world.errors import invalid_argument
from signoff_sandbox.world.run_names import short

LATEST = InstanceSplitAllocationType.INSTANCE_SPLIT_ALLOCATION_TYPE_LATEST
REVISION = InstanceSplitAllocationType.INSTANCE_SPLIT_ALLOCATION_TYPE_REVISION


def by_default() -> Any:
    """All instances to the latest ready revision."""
    return InstanceSplit.pb()(type_=LATEST, percent=100)


def require_valid(cloud: Cloud, pool: Any) -> None:
    """INVALID_ARGUMENT for splits that do not add up, or name a revision that the pool does not have."""
    for split in pool.instance_splits:
        if not 0 <= split.percent <= 100:
            raise invalid_argument("Instance split percent must be between 0 and 100.", instance_splits="percent")
        if split.type_ == LATEST:
            continue
        name = f"{pool.name}/revisions/{short(split.revision)}"
        to_be_made = pool.template.revision and short(split.revision) == pool.template.revision
        if not to_be_made and cloud.store.get("revisions", name) is None:
            raise invalid_argument(
                f"Revision '{short(split.revision)}' referenced in instance splits not found.",
                instance_splits=f"revision '{short(split.revision)}'",
            )
    total = sum(split.percent for split in pool.instance_splits)
    if pool.instance_splits and total != 100:
        raise invalid_argument(f"Instance splits must sum to 100 percent, not {total}.", instance_splits=f"sum {total}")


def statuses(pool: Any) -> list[Any]:
    """What the splits come to: every entry names a revision. Empty while no revision was ever ready."""
    latest = short(pool.latest_ready_revision)
    made = [
        InstanceSplitStatus.pb()(
            type_=split.type_ or REVISION,
            revision=latest if split.type_ == LATEST else short(split.revision),
            percent=split.percent,
        )
        for split in pool.instance_splits
    ]
    return [status for status in made if status.revision]


def shares(statuses: Sequence[Any], total: int) -> dict[str, int]:
    """Revision (short name) -> its number of instances: in proportion, and `total` together."""
    percents: dict[str, int] = {}
    for status in statuses:
        percents[status.revision] = percents.get(status.revision, 0) + status.percent
    counts = {revision: total * percent // 100 for revision, percent in percents.items()}
    rest = sorted(percents, key=lambda revision: -(total * percents[revision] % 100))
    for revision in rest[: max(0, total * sum(percents.values()) // 100 - sum(counts.values()))]:
        counts[revision] += 1
    return counts
