"""The web service: the report of all schools."""

from __future__ import annotations

from shared.mapper import mapped
from shared.server import serve

ROWS = [{"School": "North"}, {"school_name": "South"}]

serve(lambda path: [mapped(row) for row in ROWS] if path.startswith("/report") else {"service": "web"})
