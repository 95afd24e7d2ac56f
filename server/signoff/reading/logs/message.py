"""The words of an error, without what changes from one occurrence to the next.

Numbers, ids, addresses, times, durations and the image's root become `#`; what names the error stays: quoted names
(`KeyError: 'School'`), numbered codes (ORA-00942, P2002), statuses (HTTP 503), ports that services listen on. Where in
doubt, two messages stay two: an error that is taken for a new one is seen, one that is taken for another is not.

Work grows with the length of the text, whatever it holds: each word is looked at once, and its length is bounded.
"""

from __future__ import annotations

import re
from functools import lru_cache

from signoff.reading.logs.paths import file_name, is_hash

LONGEST = 2_000
"""Characters of a message that are read."""
_LONGEST_WORD = 300

_PLAIN = re.compile(r"[^\d/@\\]*")
"""Nothing in it can change: no digit, path or address."""
_MOMENT = re.compile(
    r"(?<!\d)\d{2,4}[-/]\d\d[-/]\d{2,4}(?:[T ]\d\d?:\d\d(?::\d\d(?:[.,]\d{1,9})?)?(?: ?(?:Z|[+-]\d\d:?\d\d|UTC)\b)?)?"
    r"|(?<![\d:])\d\d:\d\d:\d\d(?:[.,]\d{1,9})?Z?(?![\d:])"
    r"|(?<![0-9A-Za-z])[IWEF]\d{4} \d\d:\d\d:\d\d\.\d{6}"
    r"|(?<![0-9a-zA-Z])[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}(?![0-9a-zA-Z])"
)
"""A date, a time (klog's behind its level's letter), a UUID."""
_QUERY = re.compile(r"(/[\w.~%:@-]{0,200})\?[\w.~%\[\]-]{1,100}=[^\s\"')\]]*")
_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_DATED = re.compile(
    r"(?:\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? )?"
    rf"(?:\b{_MONTH}[a-z]{{0,6}} +\d{{1,2}}\b|\b\d{{1,2}}[-/ ]{_MONTH}\b),?(?:[-/ ]\d{{4}}\b)?"
    r"(?::?[ ]?\d\d?:\d\d:\d\d(?:\.\d+)?)?(?: ?[AP]M\b| [+-]\d{4}\b)?(?: \d{4}\b)?"
)
"""A date with its month's name."""
_MONTHS = re.compile(rf"{_MONTH}(?:[a-z]{{0,6}} +\d|[-/ ]\d)")
_CLOCK = re.compile(r"\b\d{1,2}:\d\d(?::\d\d)? ?[AP]M\b")
_ID_FIELD = re.compile(
    r"\b((?:\w{0,40}_|\w{0,30})(?:id|Id|ID|trace|span|elapsed|duration|latency|ip|addr)(?:=|\": ?))(?!#)"
    r"(?:\"[^\"]{0,200}\"|[^\s\"',;)\]}]{1,200})"
)
"""Whom and how long: the value of such a field changes with each occurrence."""
_TASK = re.compile(r"\b([a-z][a-z0-9-]{0,62})-[a-z0-9]{5}-task\d+\b")
"""A task of a job's execution: https://cloud.google.com/run/docs/managing/job-executions"""
_WORD = re.compile(r"""[a-z][a-z0-9+.-]{1,20}://[^\s"'`,;()\[\]{}<>|]+|[^\s"'`,;()\[\]{}<>=|]+""")
_ENDS = ".:!?"
_NUMBER = re.compile(r"[+-]?\d[\d_]*(?:\.\d+)?%?")
_DIGITS = re.compile(r"\d+(?:\.\d+)*")
_DURATION = re.compile(r"(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h|d|sec|secs|min|[KMGT]i?B|[kmgt]b|B|x))+")
_ADDRESS = re.compile(r"(\d{1,3}(?:\.\d{1,3}){3})(?::(\d{1,5}))?")
_HOST = re.compile(r"([A-Za-z][\w.-]*):(\d{1,5})")
_OPEN_PORT = re.compile(r":\d{2,5}")
_V6 = re.compile(r"[0-9a-fA-F]*(?::[0-9a-fA-F]*){2,8}(?:%\w+)?")
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+")
_OBJECT = re.compile(r"([\w.$]+)@[0-9a-f]{1,16}")
_INSPECTED = re.compile(r"#<([A-Z]\w{0,80}(?:::[A-Z]\w{0,80}){0,8})(?::0x[0-9a-f]{4,16}| id: )[^<>\n]{0,1000}>?")
"""An object as Ruby shows it: what it holds is data."""
_ID = re.compile(r"[A-Z]{1,8}-\d+")
"""`SKU-9`: no name of a field or table. One letter before the dash says nothing either."""
_URL = re.compile(r"([a-z][a-z0-9+.-]*://)(?:[^/@]*@)?([^/?#]*)([^?#]*)")
_CODE = re.compile(
    r"(?:AH|ORA|TNS|PLS|SQL|DB2|DPI|DPY|JDBC|HY|IM|ERR|PGRST|TS|CS|NG|MSB|AADSTS|KB|CVE|SQLSTATE|RFC|E|P|H|R|F|W|S)-?\d{2,6}[A-Z]?"
)
_NAMES = re.compile(
    r"(?:u?int|float|utf|sha|md|base|o?auth|ipv|https?|pkcs|tls|tlsv|v|s|x|ec|h|es|log|psycopg|boto|urllib|bs|jinja|python|py"
    r"|node|java|win|amd|arm|i|kmeans|neo|web|bcrypt|lz|zlib|gzip|mp|pg|db|ed|rs|hs|es|ps|aes|crc)-?\d{1,3}(?:j|s|b|c)?",
    re.IGNORECASE,
)
"""Names with a number in them: utf8, int64, x509, psycopg2, v2."""
_DATA_FILE = re.compile(
    r"(?:[A-Za-z]{0,3}[0-9]{1,12}[-_]?){1,6}[A-Za-z]{0,3}(?=\.(?:png|jpe?g|gif|webp|pdf|csv|tsv|xlsx?|jsonl?|ndjson|xml|zip|gz"
    r"|tgz|txt|parquet|avro|mp3|mp4|wav|mov|docx?|bin|dat)\b)",
    re.IGNORECASE,
)
"""A file that somebody sent, named by a number: `a17.png`."""
_TURNS = re.compile(r"(?<=[A-Za-z])(?=\d)|(?<=\d)(?=[A-Za-z])")
_PARTS = re.compile(r"([-_.:/\\+#@&~*^%$!?]+)")

_BEFORE_CODE = frozenset(
    {"status", "code", "errno", "error", "exit", "exited", "sqlstate", "signal", "statuscode", "status_code", "errcode"}
    | {
        "errorcode",
        "error_code",
        "exitcode",
        "exit_code",
        "rc",
        "http",
        "https",
        "http/1.1",
        "http/2",
        "http/2.0",
        "port",
    }
    | {"grpc-status", "returned", "answered", "responded", "got", "received", "response", "state"}
)
_REASONS = frozenset(
    {
        "Bad",
        "Unauthorized",
        "Forbidden",
        "Not",
        "Method",
        "Conflict",
        "Gone",
        "Payload",
        "Request",
        "Unprocessable",
        "Too",
    }
    | {
        "Internal",
        "Service",
        "Gateway",
        "Precondition",
        "Unsupported",
        "Payment",
        "Length",
        "Proxy",
        "Client",
        "Server",
    }
)
_BEFORE_URL = frozenset({"url", "uri", "get", "head", "post", "put", "patch", "delete", "options", "route", "endpoint"})
"""What follows is a path of a server, whose first part is no image's root."""
_PEERS = frozenset({"client", "peer", "from", "remote"})
"""The port behind such an address was given out at random, however low."""
_COUNTED = frozenset({"pid", "tid", "ppid", "line", "row", "col", "column", "index", "offset", "id", "attempt", "size"})
_SOURCES = (".go", ".py", ".js", ".mjs", ".cjs", ".ts", ".java", ".kt", ".rs", ".c", ".cc", ".rb", ".php")
"""A number after one of these and a colon is no port."""
_PLURAL = re.compile(r"(?<=# )([a-z]{3,}[a-rt-z])s\b")
_SPACES = re.compile(r"  +")
_SPRING = re.compile(r"^\S{10,40}(?: [\d:.,]{8,20})? +([A-Z]{4,5}) \d{1,7} --- (?:\[[^\]]{0,100}\] ?)+")
"""Spring Boot cuts a thread's name to fifteen characters: https://docs.spring.io/spring-boot/reference/features/logging.html"""
_NGINX = re.compile(r"(\[[a-z]+\]) \d+#\d+: (?:\*\d+ )?(.{0,1000}?), client: .*?(, upstream: \"[a-z+]+:/*[^/\"]*|$)")
"""nginx: the request stands behind the words; of it, what is asked behind nginx stays."""
_LISTENS = 32_768
"""Ports from here on are given out at random."""

_DATA = (
    (re.compile(r"(invalid literal for \w+\(\) with base \d+: ).*", re.DOTALL), r"\1#"),
    (re.compile(r"(could not convert string to \w+: ).*", re.DOTALL), r"\1#"),
    (re.compile(r"((?:For input string|Invalid isoformat string): ).*", re.DOTALL), r"\1#"),
    (re.compile(r"(time data )'.*' (does not match format)", re.DOTALL), r"\1# \2"),
    (re.compile(r"(strconv\.\w+: parsing )\".*\"(: )", re.DOTALL), r"\1#\2"),
    (re.compile(r"(Unexpected token) .*\bJSON\b.*", re.DOTALL), r"\1 # JSON"),
)
"""What runtimes say of a value that they could not read: the value is data, not the error's name."""
_READS_DATA = (
    "invalid literal",
    "could not convert",
    "For input",
    "isoformat",
    "time data",
    "parsing ",
    "Unexpected tok",
)


def normalised(message: str) -> str:
    """The first line of a message, without what changes; empty where no word is left."""
    return _normalised(message[:LONGEST].strip().partition("\n")[0].rstrip())


@lru_cache(maxsize=256)
def _normalised(message: str) -> str:
    for mark in _READS_DATA:
        if mark in message:
            for pattern, put in _DATA:
                message = pattern.sub(put, message, count=1)
            break
    if not _PLAIN.fullmatch(message) or "=" in message or '":' in message:
        if " --- [" in message:
            message = _SPRING.sub(r"\1 ", message)
        elif ", client: " in message and (nginx := _NGINX.search(message)):
            message = f"{nginx[1]} {nginx[2]}{nginx[3]}"
        if "#<" in message:
            message = _INSPECTED.sub(r"#<\1>", message)
        if "?" in message:
            message = _QUERY.sub(r"\1", message)
        if "-task" in message:
            message = _TASK.sub(r"\1-#-task#", message)
        if "=" in message or '":' in message:
            message = _ID_FIELD.sub(r"\1#", message)
        if _MONTHS.search(message):
            message = _DATED.sub("#", message)
        if "AM" in message or "PM" in message:
            message = _CLOCK.sub("#", message)
        message = _PLURAL.sub(r"\1", _words(_MOMENT.sub("#", message)))
    message = _SPACES.sub(" ", message)
    return message if any(letter.isalpha() for letter in message) else ""


def _words(message: str) -> str:
    out = []
    end = 0
    before = ""
    for found in _WORD.finditer(message):
        start, stop = found.span()
        word = found.group()
        out.append(message[end:start])
        if word.isalpha():
            out.append(word)
        else:
            quoted = start > 0 and message[start - 1] in "\"'`" and message[stop : stop + 1] in ("'", '"', "`")
            if word[0] == ":" and start and message[start - 1] in "\"'":
                out.append(":")  # a field's value, no port
                word = word[1:]
            out.append(word and _word(word, before, quoted, message[stop + 1 : stop + 15]))
        before, end = word, stop
    out.append(message[end:])
    return "".join(out)


def _word(word: str, before: str, quoted: bool, after: str) -> str:
    bare = word.rstrip(_ENDS)
    rest = word[len(bare) :]
    if not bare:
        return word
    if len(bare) > _LONGEST_WORD:
        return bare[:40].translate(_NO_DIGITS) + "…" + rest
    if bare.isascii() and bare.isdigit():
        return (bare if _is_code(bare, before, after) else "#") + rest
    if before.lower() in _PEERS and _ADDRESS.fullmatch(bare):
        return "#" + rest
    if before.lower().rstrip(_ENDS) == "sqlstate" and len(bare) == 5:
        return word
    if quoted and _is_name(bare):
        return word
    if bare[0] == "/" and before.lower().rstrip(_ENDS) in _BEFORE_URL:
        return url_path(bare) + rest
    return _without_ids(bare) + rest


_NO_DIGITS = str.maketrans("0123456789", "#" * 10)


def _is_code(number: str, before: str, after: str) -> bool:
    """Whether a number names the error: a status, an exit code, an error's number, a port that is listened on."""
    word = before.lower().rstrip(_ENDS)
    if word in _BEFORE_CODE or word.endswith(("status", "code", "errno")):
        return len(number) <= 5 and not (word == "port" and int(number) >= _LISTENS)
    return len(number) == 3 and number[0] in "45" and after.partition(" ")[0].rstrip(".,:;)") in _REASONS


def _is_name(word: str) -> bool:
    """A name of a field, table or module, which may hold a small number: `address2`, `orders_v2`."""
    return (
        (word[0].isalpha() or word[0] == "_")
        and sum(c.isdigit() for c in word) <= 2
        and "/" not in word
        and "@" not in word
        and (not _ID.fullmatch(word) or _NAMES.fullmatch(word) is not None)
    )


@lru_cache(maxsize=1024)
def _without_ids(word: str) -> str:
    if "://" in word and (url := _URL.fullmatch(word) or _URL.match(word)):
        return url[1] + _place(url[2]) + url_path(url[3])
    if "@" in word:
        if _EMAIL.fullmatch(word):
            return "#"
        if thing := _OBJECT.fullmatch(word):
            return f"{thing[1]}@#"
    if word.startswith(("/", "\\", ".")) and ("/" in word or "\\" in word):
        return _file(word)
    if not any(letter.isdigit() for letter in word):
        return word
    if _ADDRESS.fullmatch(word) or _HOST.fullmatch(word) or _OPEN_PORT.fullmatch(word):
        return _place(word)
    if word.startswith("::1:"):
        return _place(f"[::1]:{word[4:]}") if word[4:].isdigit() else "#"
    if _NUMBER.fullmatch(word) or _DURATION.fullmatch(word) or (word.count(":") > 1 and _V6.fullmatch(word)):
        return "#"
    if word[1:2] == "-" and word[0] != "E" and _ID.fullmatch(word):
        return "#"
    if _CODE.fullmatch(word) or _NAMES.fullmatch(word):
        return word
    if word.startswith(("0x", "0X")):
        return "#"
    if word.count("/") > 1:
        return _file(word)
    return "".join(_part(part) for part in _PARTS.split(_DATA_FILE.sub("#", word)))


def _part(part: str) -> str:
    """A piece of a word between its dashes: random letters and digits are an id, else the digits alone are."""
    if not any(letter.isdigit() for letter in part):
        return part
    if part.startswith("0x") or is_hash(part) or len(_TURNS.findall(part)) >= 3:
        return "#"
    if _NAMES.fullmatch(part):
        return part
    if len(part) >= 16 and len(_TURNS.findall(part)) >= 2:
        return "#"
    return _DIGITS.sub("#", part)


def _place(host: str) -> str:
    """Host and port: an address changes; the port stays if something listens there."""
    name, _, port = host.rpartition(":")
    if name.lower() in _COUNTED or name.endswith(_SOURCES):
        return f"{name}:#"
    if not name and _is_port(port):
        return f":{port}"
    if not port.isdigit() or not name:
        name, port = host, ""
    kept = f":{port}" if port and int(port) < _LISTENS else ":#" if port else ""
    if _ADDRESS.fullmatch(name) or name.startswith("["):
        return "#" + kept
    return "-".join(_part(part) for part in name.split("-")) + kept


def _is_port(text: str) -> bool:
    return text.isdigit() and int(text) < _LISTENS


def _file(path: str) -> str:
    """`/app/x.py:12:3` → `x.py:#:#`."""
    name, _, place = path.partition(":")
    named = _DATA_FILE.sub("#", file_name(name))
    parts = named.split("/")
    return "/".join("".join(_part(piece) for piece in _PARTS.split(part)) for part in parts) + (":#" if place else "")


def url_path(path: str) -> str:
    """`/users/8812/orders` → `/users/#/orders`."""
    return "/".join("".join(_part(piece) for piece in _PARTS.split(part)) for part in path.split("/"))
