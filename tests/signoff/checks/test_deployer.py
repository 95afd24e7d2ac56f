"""The fix of something stale names who has to act."""

from __future__ import annotations

from dataclasses import replace

import pytest

from signoff.checks.deployer import deployed_anew
from signoff.model.finding import Action, Advice
from signoff.model.subject import Deployer
from signoff.views.words import sentence
from support.samples import WEB


def test_signoff_offers_its_own_deploy() -> None:
    assert deployed_anew(WEB) == Action("deploy", (WEB.name,))


@pytest.mark.parametrize(
    ("deployer", "says"),
    [
        ("ci", "CI deploys web: see how its run for this commit ended"),
        ("terraform", "web is deployed by terraform: make the change there"),
        ("other", "web is deployed by other: make the change there"),
    ],
)
def test_what_others_deploy_is_left_to_them(deployer: Deployer, says: str) -> None:
    fix = deployed_anew(replace(WEB, deploy=deployer))
    assert isinstance(fix, Advice)
    assert sentence(fix.says) == says
