"""What frameworks and tools print in forms of their own: the same error before and after a deploy, and another one."""

from __future__ import annotations

import pytest

from signoff.reading.logs.errors import errors, signature_of
from support.logs import line

GIN = (
    "{time} panic recovered:\nGET /profiles/{n} HTTP/1.1\nHost: {n}.acme.dev\nUser-Agent: x\n\n\n"
    "runtime error: index out of range [{n}] with length 0\n/usr/local/go/src/runtime/panic.go:{n} (0x{n})\n"
    "\tgoPanicIndex: panic(boundsError)\n{root}/api/{what}.go:{n} (0x{n})\n\t(*Handler).Get: return x[{n}]\n"
    "/go/pkg/mod/github.com/gin-gonic/gin@v1.10.0/context.go:{n} (0x{n})\n\t(*Context).Next: c.handlers[c.index](c)"
)
RACE = (
    "==================\nWARNING: DATA RACE\nWrite at 0x00c0000{n} by goroutine {n}:\n  main.{what}()\n"
    "      {root}/main.go:{n} +0x3c\n\nPrevious read at 0x00c0000{n} by goroutine 1{n}:\n  main.main()\n"
    "      {root}/main.go:1{n} +0x84\n\nGoroutine {n} (running) created at:\n  main.main()\n"
    "      {root}/main.go:1{n} +0x5c\n=================="
)
RUBY = (
    "{root}/lib/sync.rb:{n}:in 'Sync#push': no {what} (Acme::SendError)\n\tfrom {root}/main.rb:{n}:in 'block in main'\n"
    "\tfrom /usr/local/bundle/gems/rake-13.{n}/lib/rake.rb:{n}:in 'Rake.run'"
)
RAILS = (
    "[a1b2-{n}]   \n[a1b2-{n}] ActiveRecord::RecordNotFound (Couldn't find {what} with 'id'={n}):\n[a1b2-{n}]   \n"
    "[a1b2-{n}] app/controllers/orders_controller.rb:{n}:in `show'\n[a1b2-{n}] app/models/order.rb:{n}:in `load'"
)
RAKE = (
    "rake aborted!\nActiveRecord::NoDatabaseError: no db {what}\n{root}/tasks/a.rake:{n}:in `block in <main>'\n"
    "/usr/local/bundle/gems/rake-13.{n}/exe/rake:{n}:in `<top>'\nTasks: TOP => db:migrate"
)
SIDEKIQ = (
    '2026-11-20T10:00:00.{n}Z pid={n} tid={n}k class=Job jid={n}f WARN: {{"context":"Job raised exception"}}\n'
    "2026-11-20T10:00:00.{n}Z pid={n} tid={n}k class=Job jid={n}f WARN: RuntimeError: no {what}\n"
    "2026-11-20T10:00:00.{n}Z pid={n} tid={n}k class=Job jid={n}f WARN: {root}/jobs/job.rb:{n}:in `perform'\n"
    "/usr/local/bundle/gems/sidekiq-7.{n}/lib/sidekiq.rb:{n}:in `run'"
)
NPM = (
    'npm error Missing script: "{what}"\nnpm error\nnpm error To see a list of scripts, run:\nnpm error   npm run\n'
    "npm error A complete log of this run can be found in: /root/.npm/_logs/2026-11-20T10_00_{n}_000Z-debug-0.log"
)
NPM_OLD = "npm ERR! code E{what}\nnpm ERR! path {root}\nnpm ERR! A complete log of this run can be found in: /x/{n}.log"
REDIS = "{n}:M 20 Nov 2026 09:14:02.{n} # Can't {what} in background: fork: Cannot allocate memory"
NODE = (
    "Error: connect ECONNREFUSED 10.0.0.{n}:5432\n    at start ({root}/{what}.js:{n}:16) {{\nerrno: -{n},\n"
    "code: 'ECONNREFUSED',\n[cause]: Error: no route\n    at dial ({root}/dial.js:{n}:1)\n}}"
)
FLUSH = "Error: no {what}\nat push ({root}/jobs/sync.js:{n}:1)\nat main ({root}/main.js:{n}:1)"
HIDDEN = (
    "java.lang.IllegalStateException: no {what}\n\tat com.acme.Main.lambda$start$1(Main.java:{n})\n"
    "\tat com.acme.Main$$Lambda/0x00007fa350{n}.run(Unknown Source)\n\tat com.acme.Job/0x00007fa3{n}.call(J.java:{n})\n"
    "\tat java.base/java.lang.Thread.run(Thread.java:{n})"
)
DOTNET = (
    "System.InvalidOperationException: no {what}\n"
    "   at Acme.Store.<>c__DisplayClass{n}_0.<Load>b__{n}(Row x) in {root}/Store.cs:line {n}"
)
GORILLA = (
    "2026/11/20 10:00:{n} no {what}\ngoroutine {n} [running]:\nruntime/debug.Stack()\n"
    "\t/usr/local/go/src/runtime/debug/stack.go:{n} +0x5e\nacme.com/web.serve()\n\t{root}/web.go:{n} +0x1"
)
CHI = (
    " panic: no {what}\n \n -> acme.com/web.{what}\n ->   {root}/web.go:{n}\n\n    net/http.HandlerFunc.ServeHTTP\n"
    "      /usr/local/go/src/net/http/server.go:{n}"
)
ELIXIR = (
    "09:14:02.118 [error] GenServer Acme.Store terminating\n** (Acme.SendError) no {what}\n"
    "    (stdlib 5.{n}) gen_server.erl:{n}: :gen_server.call/3\n    (acme 0.{n}.0) lib/store.ex:{n}: Acme.Store.load/3"
)
RUBY_LINES = (
    "{root}/a.rb:{n}:in `load': PG::Error: ERROR:  no {what} (ActiveRecord::StatementInvalid)\nLINE 1: SELECT {n}\n"
    "               ^\n\tfrom {root}/{what}.rb:{n}:in `<main>'"
)
RAILS_LINES = (
    "[a{n}] ActiveRecord::StatementInvalid (PG::Error: ERROR:  no {what}\nLINE 1: SELECT {n}\n               ^\n):\n"
    "[a{n}]   \n[a{n}] app/models/a.rb:{n}:in `load'"
)


@pytest.mark.parametrize(
    "written",
    [
        CHI,
        ELIXIR,
        RUBY_LINES,
        RAILS_LINES,
        GIN,
        RACE,
        RUBY,
        RAILS,
        RAKE,
        SIDEKIQ,
        NPM,
        NPM_OLD,
        REDIS,
        NODE,
        FLUSH,
        HIDDEN,
        DOTNET,
        GORILLA,
    ],
)
def test_an_error_is_the_same_after_a_deploy_and_another_one_is_told_apart(written: str) -> None:
    seen = []
    for root, number, what in (("/app", 1042, "save"), ("/workspace", 2977, "save"), ("/app", 1042, "load")):
        text = written.format(root=root, n=number, what=what, time="2026/11/20 - 10:00:00")
        whole, split = errors([line(text)]), errors([line(one) for one in text.splitlines()])
        assert [error.signature for error in whole] == [error.signature for error in split]
        assert len(whole) == 1
        seen.append(whole[0].signature)
    assert seen[0]
    assert seen[0] == seen[1] != seen[2]


@pytest.mark.parametrize(
    "said",
    [
        "npm error path /app\nnpm error command failed\nnpm error signal SIGTERM",
        "1:C 20 Nov 2026 09:14:02.118 # oO0OoO0OoO0Oo Redis is starting oO0OoO0OoO0Oo",
        "1:M 20 Nov 2026 09:14:02.118 # WARNING Memory overcommit must be enabled! Background save may have failed",
        "Rendered (orders/show):\n[a1] served",
        "npm warn deprecated inflight@1.0.6: error handling",
    ],
)
def test_what_such_tools_say_besides_is_no_error(said: str) -> None:
    assert errors([line(one) for one in said.splitlines()]) == errors([line(said)]) == ()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("no answer for A-17", "no answer for C-204"),
        ("no stock of SKU-9", "no stock of SKU-1042"),
        ("no such key: 'SKU-9'", "no such key: 'SKU-1042'"),
        ("url: /v2/accounts/acc_77420/x no", "url: /v2/accounts/acc_1029/x no"),
        ("com.acme.Row@7f is closed", "com.acme.Row@5b6813df is closed"),
        ("undefined method 'x' for #<Order:0x000078a1 @id=1>", "undefined method 'x' for #<Order:0x000078b2 @id=2>"),
        (
            "undefined method 'x' for #<Order id: 1, name: \"a\">",
            "undefined method 'x' for #<Order id: 2, name: \"b\">",
        ),
    ],
)
def test_ids_and_the_contents_of_objects_say_nothing(one: str, other: str) -> None:
    assert signature_of(one) == signature_of(other) != ""


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("url: /v2/accounts no", "url: /v3/accounts no"),
        ("url: /orders/7 no", "url: /users/7 no"),
        ("no INV-17", "no ORD-17"),
        ("unknown encoding 'ISO-8859'", "unknown encoding 'UTF-16'"),
        ("undefined method 'x' for #<Order:0x000078a1>", "undefined method 'x' for #<User:0x000078a1>"),
        ("#<Acme::SendError: no route>", "#<Acme::SendError: no answer>"),
    ],
)
def test_paths_of_urls_kinds_of_ids_and_types_of_objects_tell_errors_apart(one: str, other: str) -> None:
    assert signature_of(one) != signature_of(other)
