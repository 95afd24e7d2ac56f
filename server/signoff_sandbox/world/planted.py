"""Planted faults of what happens beside requests: reconciling and serving.

Their methods: `sandbox.Reconciler/NAME` of a service, job or worker pool, `sandbox.Execution/JOB` and
`sandbox.Ingress/SERVICE`; effects are latencySeconds and code.
"""

from __future__ import annotations

import asyncio

import grpc

from signoff_sandbox.world.cloud import Cloud
from signoff_sandbox.world.errors import ApiError


async def strike(cloud: Cloud, method: str) -> None:
    """Be as slow as planted, then fail as planted. Raises ApiError."""
    for fault in cloud.faults.strike(method):
        if fault.latency_seconds:
            await asyncio.sleep(fault.latency_seconds)
        if fault.code is not None:
            raise ApiError(grpc.StatusCode[fault.code], fault.message)
