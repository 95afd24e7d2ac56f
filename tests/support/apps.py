"""A web application that does what a test asks of it, and the requests that ask."""

from __future__ import annotations

from pathlib import Path

from support.cloudrun import DOCKERFILE

_MAIN = """\
import http.server, json, os, signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: (print("SIGTERM", flush=True), os._exit(0)))
healthy = True
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        global healthy
        status, body, what = 200, os.environ["K_REVISION"], self.path.split("?")[0]
        if what == "/headers":
            body = json.dumps({name.lower(): value for name, value in self.headers.items()})
        elif what == "/pid":
            body = str(os.getpid())
        elif what == "/die":
            os._exit(3)
        elif what == "/garbage":
            self.wfile.write(b"this is no HTTP\\r\\n\\r\\n")
            return
        elif what == "/sicken":
            healthy = False
        elif what == "/health":
            status = 200 if healthy else 503
        elif what.startswith("/hold/"):
            folder = os.environ["HOLD"]
            name = os.path.join(folder, what.rpartition("/")[2])
            open(name + ".held", "w").close()
            while not os.path.exists(name + ".free"):
                time.sleep(0.005)
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())
    def log_message(self, *_): pass
http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"""


def obedient() -> dict[str, str]:
    """Its files. `/hold/NAME` is answered once `Hold(folder).free(NAME)` was called; HOLD names the folder."""
    return {"Dockerfile": DOCKERFILE, "main.py": _MAIN}


class Hold:
    """Requests that an application holds, seen from the test."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()

    @property
    def variable(self) -> dict[str, str]:
        """The environment variable that the application needs."""
        return {"name": "HOLD", "value": str(self.folder)}

    def holds(self, name: str) -> bool:
        return (self.folder / f"{name}.held").exists()

    def free(self, name: str) -> None:
        (self.folder / f"{name}.free").touch()
