"""The extractor job: maps the rows of one source."""

from __future__ import annotations

import sys

from shared.mapper import mapped

ROWS = [{"School": "North"}, {"School": "East"}]

for row in ROWS:
    sys.stdout.write(f"extracted {mapped(row)}\n")
