"""The chain: the explicit list of checks, each a gather paired with a judge.

To add a check: one file in `checks/`, one line here, one test of the same name.
"""

from __future__ import annotations

from typing import Any

from signoff.check import Check
from signoff.checks import healthy
from signoff.gather.health import health
from signoff.model.judgement import Link

CHECKS: tuple[Check[Any], ...] = (Check("healthy", Link.HEALTHY, healthy.CODES, health, healthy.judge),)
