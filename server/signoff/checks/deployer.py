"""Who has to bring a workload to its target: the fix of whatever is stale there."""

from __future__ import annotations

from signoff.model.finding import Action, Advice, Fix
from signoff.model.subject import Workload
from signoff.model.text import text


def deployed_anew(workload: Workload) -> Fix:
    """A deploy by signoff where that is its business, else who has to do it: signoff never races a pipeline."""
    match workload.deploy:
        case "signoff":
            return Action("deploy", (workload.name,))
        case "ci":
            return Advice(text("CI deploys {}: see how its run for this commit ended", workload.name))
        case other:
            return Advice(text("{} is deployed by {}: make the change there", workload.name, other))
