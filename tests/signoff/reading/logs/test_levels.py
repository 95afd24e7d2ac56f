"""What a line's head states, whichever logger wrote it, and what stands below such a line."""

from __future__ import annotations

from dataclasses import replace

import pytest

from signoff.model.quoted import Quoted
from signoff.reading.logs.errors import errors, signature_of
from signoff.reading.logs.level import level
from signoff.reading.logs.paths import file_name
from support.logs import line

HEADS = [
    "2026-11-20 09:14:02,118 - app.sync - {} - ",
    "2026-11-20 09:14:02.118 | {}    | app.sync:push:44 - ",
    "app.sync {} ",
    "[{}] 2026-11-20T09:14:02Z app.sync ",
    "{}:root:",
    "[Nest] 17  - 11/20/2026, 9:14:02 AM   {} [Sync] ",
    "2026-11-20 09:14:02,118 main {} ",
    "20-Nov-2026 09:14:02.118 {} [exec-1] ",
    "[2026-11-20 09:14:02,118: {}/MainProcess] ",
    "[2026-11-20 09:14:02 +0000] [7] [{}] ",
    "2026-11-20T09:14:02.118123Z {} request{{method=GET id=12}}: app::sync: ",
    "[2026-11-20T09:14:02Z {} app::sync] ",
    "2026-11-20 09:14:02.118 UTC [17] {}:  ",
    "2026-11-20T09:14:02.118Z  {} 1 --- [web] [nio-8080-exec-1] c.a.Sync : ",
    "2026-11-20 09:14:02.118 +00:00 [{}] ",
]
SMALL = [
    "2026-11-20T09:14:02.118Z [{}    ] ",
    "2026-11-20T09:14:02.118Z [{}]: ",
    "2026-11-20 09:14:02 {}: ",
    "2026-11-20 09:14:02 [billing] {}: ",
    "[2026-11-20 09:14:02.118][12][{}][config] ",
    "[Fri Nov 20 09:14:02.118123 2026] [core:{}] [pid 17] ",
    "09:14:02.118 request_id=F8abCDefGHijk [{}] ",
    "{}: ",
]
WORDS = "could not push the order"


@pytest.mark.parametrize("head", HEADS + SMALL)
def test_the_level_is_found_in_the_head_of_every_logger(head: str) -> None:
    loud, quiet = ("error", "warn") if head in SMALL else ("ERROR", "WARN")
    assert level(head.format(loud) + WORDS) is True
    assert level(head.format(quiet) + WORDS) is False
    said = line(head.format(loud) + WORDS, stream="stdout")
    other = replace(said, message=Quoted(head.format(loud) + "could not pull the order"))
    assert len(errors([said, said])) == 1
    assert len(errors([said, other])) == 2
    assert errors([line(head.format(quiet) + WORDS)]) == ()


@pytest.mark.parametrize(
    ("shortened", "loud"),
    [
        ("9:14AM ERR main.go:12 > no", True),
        ("9:14AM WRN main.go:12 > no", False),
        ("ERRO[0012] no", True),
        ("WARN[0012] no", False),
        ("[09:14:02 FTL] no", True),
        ("[09:14:02 INF] no", False),
        ("fail: Acme.Orders[0]", True),
        ("psql: error: no", True),
        ("main.py: error: no", True),
        ("nginx: [emerg] no", True),
    ],
)
def test_shortened_levels_and_those_of_programs_are_known(shortened: str, loud: bool) -> None:
    assert level(shortened) is loud


@pytest.mark.parametrize(
    "said",
    [
        "Published ERROR to the queue",
        "The ERROR page",
        "10 ERROR lines",
        "HTTP 500",
        "FAILED 0 tests",
        "served: rpc error: code = OK",
        "Nov 20, 2026 9:14:02 AM com.acme.Main main",
    ],
)
def test_words_that_are_no_head_state_no_level(said: str) -> None:
    assert level(said) is None


@pytest.mark.parametrize(
    "below",
    [
        ["(node:1) MaxListenersExceededWarning: 11 error listeners", "    at add (node:events:587:17)"],
        ["/app/x.py:3: DeprecationWarning: error_handler is deprecated", "  x.error_handler()"],
        ["WARN slow query", "\tat com.acme.A.b(A.java:1)"],
        ["warn: Microsoft.AspNetCore.DataProtection[35]", "      No XML encryptor configured. Error handling"],
    ],
)
def test_what_stands_below_a_warning_is_no_error(below: list[str]) -> None:
    assert errors([line(one) for one in below]) == ()
    assert errors([line("\n".join(below))]) == ()


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("fail: Acme.Orders[0]\n      could not load", "fail: Acme.Orders[0]\n      could not save"),
        ("2026/11/20 09:14:02 listen tcp :8080: bind: address already in use",) * 2,
        ("PHP Fatal error:  Uncaught Error: no a() in /app/i.php:3\nStack trace:\n#0 {main}",) * 2,
        (
            "Error: could not read\n\nCaused by:\n    0: no file",
            "Error: could not read\n\nCaused by:\n    0: no access",
        ),
        ("usage: a [-h]\na.py: error: name is required", "usage: a [-h]\na.py: error: port is required"),
        ("\x1b[90m9:14AM\x1b[0m \x1b[31mERR\x1b[0m no", "\x1b[90m9:14AM\x1b[0m \x1b[31mERR\x1b[0m yes"),
        (
            "Unhandled exception. A.BException: x\n ---> C.DException: y\n   at A.F()\n   --- End of inner exception"
            " stack trace ---\n   at A.G()",
            "Unhandled exception. A.BException: x\n ---> C.DException: z\n   at A.F()\n   --- End of inner exception"
            " stack trace ---\n   at A.G()",
        ),
    ],
)
def test_a_message_of_several_lines_is_one_error_in_one_entry_and_line_by_line(text: str, other: str) -> None:
    split = errors([line(one) for one in text.splitlines()])
    assert [error.signature for error in split] == [error.signature for error in errors([line(text)])]
    assert len(split) == 1
    assert (text == other) == (split[0].signature == errors([line(other)])[0].signature)


@pytest.mark.parametrize(
    ("payload", "counts"),
    [
        ('{"@l": "Error", "@mt": "no {Id}"}', True),
        ('{"@mt": "no {Id}"}', False),
        ('{"LogLevel": "Error", "Message": "no"}', True),
        ('{"LogLevel": "Information", "Message": "no"}', False),
        ('{"log": {"level": "ERROR"}, "message": "no"}', True),
        ('{"log": {"level": "INFO"}, "message": "no"}', False),
        ('{"level": "error", "message": {"name": "StripeError", "message": "declined"}}', True),
        ('{"message": "{\\"level\\": \\"error\\", \\"msg\\": \\"no\\"}"}', True),
        ('{"status": 500, "error": "no rows", "uri": "/x"}', True),
        ('{"status": 200, "error": "", "uri": "/x"}', False),
        ('{"version": "1.1", "short_message": "no", "level": 3}', True),
        ('{"version": "1.1", "short_message": "no", "level": 6}', False),
    ],
)
def test_fields_are_known_however_they_are_written(payload: str, counts: bool) -> None:
    found = errors([replace(line("", stream="stdout"), payload=Quoted(payload))])
    assert bool(found) == counts
    assert all(error.signature for error in found)


def test_the_first_folder_of_a_path_is_a_root_at_least() -> None:
    assert file_name("/deno-dir/src/books.ts") == file_name("/app/src/books.ts") == file_name("/srv/books.ts")
    assert file_name("/anything/billing/a.py") != file_name("/anything/orders/a.py")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Nov 20, 2026 9:14:02 AM no", "Dec 3, 2026 11:14:02 PM no"),
        ("[Fri Nov 20 09:14:02.118 2026] no", "[Sat Dec 12 10:14:02.993 2026] no"),
        ('no order {"orderId":"k2jx","n":12}', 'no order {"orderId":"zzq","n":99}'),
        ("request_id=F8abCDefGHijk no", "request_id=QZabCDefGHijl no"),
        ("[client 10.0.0.1:4011] no", "[client 10.0.0.2:5050] no"),
    ],
)
def test_dates_with_names_ids_and_a_client_s_port_say_nothing(one: str, other: str) -> None:
    assert signature_of(one) == signature_of(other)


@pytest.mark.parametrize(("one", "other"), [("listen :8080 no", "listen :9090 no"), ("::1:5432 no", "::1:6379 no")])
def test_a_port_that_is_listened_on_stays(one: str, other: str) -> None:
    assert signature_of(one) != signature_of(other)
