"""Express applications, in CommonJS, modules and TypeScript."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signoff.model.routes import Found
from signoff.reading.routes import express, readers
from support.applications import pairs, raw, unread

COMMON = {
    "server.js": """\
const express = require('express');
const users = require('./routes/users');
const { orders, PREFIX } = require('./routes');
const app = express();
app.set('x', 1);
app.use(express.json());
app.use('/users', require('./auth'), users);
app.use(`${PREFIX}/v1`, orders);
app.get('/health', (req, res) => res.send('ok'));
app.route('/book').get(list).post(add);
function list(req, res) { res.send('books'); }
function add(req, res) { res.send('added'); }
require('./more')(app);
app.all('/any', list);
app.get(['/one', '/two'], list);
app.listen(process.env.PORT);
module.exports = app;
""",
    "auth.js": "module.exports = (req, res, next) => next();\n",
    "more.js": "module.exports = (app) => {\n  app.delete('/more/:id(\\\\d+)', (req, res) => res.end());\n};\n",
    "routes/users.js": """\
const { Router } = require('express');
const router = Router({ mergeParams: true });
router.get('/', (req, res) => res.json([]));
router.put('/:userId/files/:name', (req, res) => res.json([]));
router.use('/:userId/deep', require('./deep'));
module.exports = router;
""",
    "routes/deep.js": """\
const r = require('express').Router();
r.patch('/er', (q, s) => s.end());
exports.x = 1;
module.exports = r;
""",
    "routes/index.js": "exports.orders = require('./orders.js');\nexports.PREFIX = '/api';\n",
    "routes/orders.js": """\
const express = require('express');
class Nothing {}
const router = express.Router();
router.post('/', (req, res) => res.end());
router.get('/*splat', (req, res) => res.end());
module.exports = router;
""",
}
WANTED = {
    ("GET", "/users"),
    ("PUT", "/users/{userId}/files/{name}"),
    ("PATCH", "/users/{userId}/deep/er"),
    ("POST", "/api/v1"),
    ("GET", "/api/v1/{splat...}"),
    ("GET", "/health"),
    ("GET", "/book"),
    ("POST", "/book"),
    ("DELETE", "/more/{id}"),
    ("*", "/any"),
    ("GET", "/one"),
    ("GET", "/two"),
}


def read(files: Mapping[str, str], folder: str = "") -> Found:
    return express.read(raw(files, folder))


def test_routers_that_are_required_and_used_under_prefixes_are_read() -> None:
    for folder in ("", "services/web/"):
        found = read(COMMON, folder)
        assert pairs(found) == WANTED
        assert unread(found) == []
    assert ("routes/users.js", 4) in {(route.file, route.line) for route in read(COMMON).routes}


def test_modules_and_typescript_are_read_with_their_imports() -> None:
    files = {
        "src/index.ts": """\
import express, { type Request } from 'express';
import users, { admin as administration } from './users.js';
import * as orders from '@/orders';
const app: express.Express = express();
const base: string = '/api' as string;
app.use(base + '/users', users);
app.use(administration);
app.use('/orders', orders.router);
export async function start(): Promise<void> {
  app.get('/late', async (req: Request, res) => { res.send('x'); });
}
""",
        "src/users.ts": """\
import { Router } from 'express';
const router: Router = Router();
router.get<{ id: string }>('/:id', (req, res) => { res.end(); });
export const admin = Router();
admin.post('/admin', (req, res) => { res.end(); });
export default router;
""",
        "src/orders/index.ts": "export { router } from './router';\n",
        "src/orders/router.ts": """\
import e from 'express';
export const router = e.Router();
router.delete('/', gone);
""",
    }
    found = read(files)
    assert pairs(found) == {
        ("GET", "/api/users/{id}"),
        ("POST", "/admin"),
        ("DELETE", "/orders"),
        ("GET", "/late"),
    }
    assert unread(found) == []


def test_aliases_of_tsconfig_and_packages_of_the_repository_are_followed() -> None:
    files = {
        "tsconfig/package.json": '{"name": "@acme/tsconfig"}',
        "tsconfig/base.json": '{"compilerOptions": {"strict": true}}',
        "web/tsconfig.json": '{\n  // of all\n  "extends": ["@acme/tsconfig/base.json", "./tsconfig.paths.json"],\n}',
        "web/tsconfig.paths.json": '{"compilerOptions": {"baseUrl": "src", "paths": {"#modules/*": ["modules/*"]}}}',
        "web/src/index.ts": """\
import express from 'express';
import { users } from '#modules/users';
import orders from 'modules/orders';
import { shared } from '@acme/shared';
const app = express();
app.use('/users', users).use('/orders', orders);
app.use('/shared', shared);
""",
        "web/src/modules/users/index.ts": "export * from './router';\n",
        "web/src/modules/users/router.ts": "import { Router } from 'express';\nexport const users: Router = Router();\n"
        "users.get('/:id', (req, res) => { res.end(); });\n",
        "web/src/modules/orders.ts": "import { Router } from 'express';\nconst orders = Router();\n"
        "orders.delete('/:id', (req, res) => { res.end(); });\nexport default orders;\n",
        "packages/shared/package.json": '{"name": "@acme/shared", "main": "dist/index.js"}',
        "packages/shared/src/index.ts": "import { Router } from 'express';\nexport const shared = Router();\n"
        "shared.get('/s', (req, res) => { res.end(); });\n",
    }
    found = readers.routes(raw(files))
    assert pairs(found) == {("GET", "/users/{id}"), ("DELETE", "/orders/{id}"), ("GET", "/shared/s")}
    assert unread(found) == []


def test_a_name_module_of_their_own_and_a_module_that_is_called_are_no_trouble() -> None:
    files = {
        "app.js": "const app = require('express')();\nrequire('./own')(app);\napp.get('/x', (q, s) => s.end());\n",
        "own.js": "const module = build();\nexports.one = 1;\n",
    }
    assert pairs(read(files)) == {("GET", "/x")}


@given(st.lists(st.tuples(st.integers(0, 10_000), st.sampled_from([*"(){}[];,'`.=>#@\n", ""])), max_size=8))
def test_damaged_source_breaks_nothing(damages: list[tuple[int, str]]) -> None:
    files = dict(COMMON)
    for at, instead in damages:
        path = sorted(files)[at % len(files)]
        cut = at % len(files[path])
        files[path] = files[path][:cut] + instead + files[path][cut + 1 :]
    read(files)


def test_applications_of_tests_are_no_routes_of_the_workload() -> None:
    text = "const app = require('express')();\napp.get('/x', (req, res) => res.end());\n"
    for path in ("test/app.js", "src/__tests__/app.js", "src/app.test.js", "e2e/app.spec.ts", "node_modules/x/app.js"):
        assert read({path: text}) == Found()
    assert pairs(read({"src/docs/app.js": text})) == {("GET", "/x")}


def test_what_only_a_run_tells_is_said_with_its_line_and_never_assumed() -> None:
    text = """\
const express = require('express');
const app = express(), router = express.Router(), idle = express.Router();
router.get('/x', (req, res) => res.end());
idle.get('/idle', (req, res) => res.end());
app.use(config.prefix, router);
app.get(process.env.ROUTE, (req, res) => res.end());
for (const file of fs.readdirSync('routes')) {
  app.use(require(file));
}
app.get(/^\\/re/, (req, res) => res.end());
module.exports.extend = (app) => { app.get('/extended', (req, res) => res.end()); };
axios.get('/nothing', (x) => x);
app.get('/plain', (req, res) => res.end());
"""
    found = read({"app.js": text})
    assert pairs(found) == {("GET", "/plain")}
    assert sorted({line for _, line in unread(found)}) == [3, 4, 5, 6, 8, 10, 11]


def test_the_fingerprint_follows_the_handler_and_not_its_comments_or_its_place() -> None:
    before = "const e = require('express');\nconst app = e();\napp.get('/x', x);\nfunction x(q, s) { s.end(); }\n"
    [old] = read({"a.js": before}).routes
    [moved] = read({"a.js": before.replace("const app", "\n\nconst app").replace("{ s", "{ /* one */\n  s")}).routes
    [changed] = read({"a.js": before.replace("s.end()", "s.end('x')")}).routes
    assert old.source == moved.source != changed.source


def test_a_real_express_has_the_routes_that_were_read(tmp_path: Path) -> None:
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        pytest.skip("npm and node are not installed: there is no real Express to compare with")
    install = [npm, "install", "--silent", "--no-audit", "--no-fund", "--prefer-offline", "express@5"]
    (tmp_path / "package.json").write_text("{}")
    try:
        done = subprocess.run(install, cwd=tmp_path, capture_output=True, timeout=40, check=False)
    except subprocess.TimeoutExpired:
        pytest.skip("npm could not fetch Express in time")
    if done.returncode:
        pytest.skip("npm could not fetch Express")
    files = {path: text.replace("(\\\\d+)", "") for path, text in COMMON.items()}
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text.replace("app.listen(process.env.PORT);", ""))
    concrete = [
        (method if method != "*" else "PURGE", path.replace("{splat...}", "a/b").replace("{", "").replace("}", ""))
        for method, path in sorted(pairs(read(files)))
    ]
    (tmp_path / "ask.js").write_text(
        "const http = require('http'); const app = require('./server');\n"
        f"const asked = {json.dumps([*concrete, ('GET', '/never')])};\n"
        "const server = http.createServer(app).listen(0, '127.0.0.1', async () => {\n"
        "  const got = [];\n"
        "  for (const [method, path] of asked) got.push(await new Promise((done) => http.request({\n"
        "    host: '127.0.0.1', port: server.address().port, method, path, agent: false },\n"
        "    (res) => { res.resume(); done(res.statusCode); }).end()));\n"
        "  console.log(JSON.stringify(got)); server.close();\n"
        "});\n"
    )
    asked = subprocess.run([node, "ask.js"], cwd=tmp_path, capture_output=True, text=True, timeout=20, check=False)
    assert asked.returncode == 0, asked.stderr
    assert json.loads(asked.stdout) == [200] * len(concrete) + [404]
