"""Show the newest lines that the service wrote, as a log viewer would."""

from __future__ import annotations

import sys
from typing import Any

from deploy import PROJECT, client
from google.cloud.logging_v2.services.logging_service_v2 import LoggingServiceV2Client


def newest(name: str, count: int) -> list[Any]:
    request = {
        "resource_names": [f"projects/{PROJECT}"],
        "filter": f'resource.type="cloud_run_revision" AND resource.labels.service_name="{name}" AND logName:"stderr"',
        "order_by": "timestamp desc",
        "page_size": count,
    }
    page = next(client(LoggingServiceV2Client).list_log_entries(request=request).pages)
    return list(reversed(page.entries))


if __name__ == "__main__":
    for entry in newest(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 4):
        revision = entry.resource.labels["revision_name"]
        sys.stdout.write(f"{entry.timestamp:%H:%M:%S} {revision} {entry.text_payload}\n")
