"""Stands for a tool such as `docker` on the PATH of a build's script: the sandbox carries the command out.

Runs as a program of its own, without any of our imports: `python shim.py SOCKET TOOL ARGUMENT...`. One line of JSON
goes to the sandbox; lines of output come back, and at last the exit code.
"""

import json
import os
import socket
import sys


def main() -> int:
    path, tool, *arguments = sys.argv[1:]
    asked = {"tool": tool, "arguments": arguments, "folder": os.getcwd(), "environment": dict(os.environ)}  # noqa: PTH109
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(path)
        connection.sendall(json.dumps(asked).encode() + b"\n")
        with connection.makefile("r", encoding="utf-8") as answers:
            for line in answers:
                answer = json.loads(line)
                if "code" in answer:
                    return int(answer["code"])
                print(answer["line"], flush=True)  # noqa: T201
    return 1


if __name__ == "__main__":
    sys.exit(main())
