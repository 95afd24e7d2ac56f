"""What handlers in JavaScript and TypeScript lead to."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from signoff.reading.reached.changed import changed
from signoff.reading.routes.readers import routes
from support.applications import raw

SERVER = {
    "server.js": """\
const express = require('express');
const { total, rate: current } = require('./prices');
const db = require('./db');
const orders = require('./routes/orders');
const app = express();
app.get('/total', (req, res) => res.json(total(current)));
app.get('/rows', rows);
app.get('/plain', (req, res) => { const total = 1; res.json(total); });
app.use('/orders', orders);
function rows(req, res) { res.json(db.rows()); }
""",
    "prices.js": """\
const { LIMIT } = require('./limits');
function total(rate) { return rate * LIMIT; }
function unused() { return 0; }
module.exports = { total, unused, rate: 2 };
""",
    "limits.js": "exports.LIMIT = 3;\n",
    "db.js": "function rows() { return [1]; }\nmodule.exports = { rows };\n",
    "routes/orders.js": """\
const { Router } = require('express');
const router = Router();
const list = require('../list');
router.get('/', (req, res) => { res.json(list()); });
module.exports = router;
""",
    "list.js": "module.exports = function () { return ['a']; };\n",
}
SITE = {
    "package.json": '{"dependencies": {"next": "15"}}',
    "app/page.tsx": "import { Chart } from '@/components/chart';\n"
    "export default function Page() { return <Chart/>; }\n",
    "app/api/rows/route.ts": "import { rows } from '@/lib';\nexport async function GET() { return rows(); }\n",
    "components/chart.tsx": "import number from '../lib/number';\nexport const Chart = () => <b>{number()}</b>;\n",
    "lib/index.ts": "export * from './rows';\nexport { other as more } from './rows';\n",
    "lib/rows.ts": "export type Row = string;\nexport function rows(): Row[] { return ['a']; }\n"
    "export function other() { return 1; }\n",
    "lib/number.ts": "export default function number(): number { return 1; }\n",
}


def led(old: Mapping[str, str], new: Mapping[str, str]) -> dict[str, list[str]]:
    found = routes(raw(new)).routes
    by = changed(raw(new), [raw(old)], found).by
    return {route.path: [one.name for one in by[route.places]] for route in found if route.places in by}


@pytest.mark.parametrize(
    ("path", "before", "after", "wanted"),
    [
        ("limits.js", "3", "9", {"/total": ["LIMIT"]}),
        ("prices.js", "rate * LIMIT", "rate + LIMIT", {"/total": ["total"]}),
        ("prices.js", "return 0", "return 9", {}),
        ("db.js", "[1]", "[9]", {"/rows": ["rows"]}),
        ("list.js", "'a'", "'b'", {"/orders": ["default"]}),
        ("server.js", "express();", "express({ more: 1 });", {}),
        ("limits.js", "exports", "// words\nexports", {}),
    ],
)
def test_handlers_of_express_lead_to_what_they_name(
    path: str, before: str, after: str, wanted: dict[str, list[str]]
) -> None:
    assert before in SERVER[path]
    assert led(SERVER, {**SERVER, path: SERVER[path].replace(before, after)}) == wanted


@pytest.mark.parametrize(
    ("path", "before", "after", "wanted"),
    [
        ("lib/number.ts", "return 1", "return 2", {"/": ["default"]}),
        ("components/chart.tsx", "<b>{number()}</b>", "<i>{number()}</i>", {"/": ["Chart"]}),
        ("lib/rows.ts", "['a']", "['b']", {"/api/rows": ["rows"]}),
        ("lib/rows.ts", "type Row = string", "type Row = number", {}),
        ("lib/rows.ts", "return 1", "return 2", {}),
    ],
)
def test_files_of_next_js_lead_to_what_they_import(
    path: str, before: str, after: str, wanted: dict[str, list[str]]
) -> None:
    assert before in SITE[path]
    assert led(SITE, {**SITE, path: SITE[path].replace(before, after)}) == wanted


def test_a_module_that_a_text_names_at_run_time_is_said() -> None:
    site = {
        "server.js": "const express = require('express');\nconst app = express();\n"
        "app.get('/p/:name', (req, res) => {\n  res.json(require(`./plugins/${req.params.name}`)());\n});\n",
        "plugins/one.js": "module.exports = () => 1;\nfunction helper() { return 1; }\n",
    }
    new = {**site, "plugins/one.js": site["plugins/one.js"].replace("1;", "2;")}
    made = changed(raw(new), [raw(site)], routes(raw(new)).routes)
    assert (made.by, [(one.file, one.line) for one in made.blind]) == ({}, [("server.js", 4)])


def test_aliases_of_tsconfig_and_packages_of_the_repository_are_followed() -> None:
    site = {
        "tsconfig.json": '{"compilerOptions": {"paths": {"$lib/*": ["./lib/*"]}}}',
        "package.json": '{"dependencies": {"next": "16"}}',
        "app/docs/page.tsx": "import { rows } from '$lib/rows';\nimport { one } from '@acme/math/one';\n"
        "export default function Page() { return rows(one()); }\n",
        "lib/rows.ts": "export function rows(n: number) { return [n]; }\n",
        "packages/math/package.json": '{"name": "@acme/math", "exports": {"./*": "./src/*.ts"}}',
        "packages/math/src/one.ts": "export const one = () => 1;\n",
    }
    for path, before, name in (("lib/rows.ts", "[n]", "rows"), ("packages/math/src/one.ts", "1", "one")):
        assert led(site, {**site, path: site[path].replace(before, "2")}) == {"/docs": [name]}


def test_pages_of_next_js_lead_to_the_layouts_around_them_and_a_renamed_file_changes_nothing() -> None:
    page = "export default function Page() { return 1; }\n"
    site = {
        **SITE,
        "app/layout.tsx": "import { Menu } from './menu';\nexport default ({ children }) => <><Menu/>{children}</>;\n",
        "app/menu.tsx": "export const Menu = () => <b>menu</b>;\n",
        "app/(shop)/layout.tsx": "export default function Shop({ children }) { return <i>{children}</i>; }\n",
        "app/(shop)/cart/page.tsx": page,
        "pages/old.tsx": page,
        "pages/_app.tsx": "export default function App({ Component }) { return <Component/>; }\n",
        "pages/api/x.ts": "export default function handler() {}\n",
    }
    wanted = {
        "app/layout.tsx": ("children}", "children}!", {"/": ["default"], "/cart": ["default"]}),
        "app/menu.tsx": ("<b>", "<b> the ", {"/": ["Menu"], "/cart": ["Menu"]}),
        "app/(shop)/layout.tsx": ("<i>", "<i> shop ", {"/cart": ["default"]}),
        "pages/_app.tsx": ("return", "throw", {"/old": ["default"]}),
    }
    for path, (before, after, routes_led) in wanted.items():
        assert led(site, {**site, path: site[path].replace(before, after)}) == routes_led
    renamed = {path: text for path, text in site.items() if path != "app/menu.tsx"} | {
        "app/bar.tsx": site["app/menu.tsx"]
    }
    renamed["app/layout.tsx"] = site["app/layout.tsx"].replace("./menu", "./bar")
    renamed["components/graph.tsx"] = renamed.pop("components/chart.tsx")
    renamed["app/page.tsx"] = site["app/page.tsx"].replace("components/chart", "components/graph")
    assert led(site, renamed) == {}
    sources = [{one.path: one.source for one in routes(raw(tree)).routes} for tree in (site, renamed)]
    assert sources[0] == sources[1]


def test_members_of_an_exported_object_and_modules_that_are_handed_on_are_told_apart() -> None:
    site = {
        "app.js": """\
const express = require('express');
const orders = require('./orders');
const { sums } = require('./all');
const app = express();
app.get('/list', orders.list);
app.get('/limit', (req, res) => res.json(orders.settings.limit));
app.get('/sum', (req, res) => res.json(sums.sum()));
""",
        "orders.js": "module.exports = { list(req, res) { res.json(rows()); }, settings: { limit: 5 } };\n"
        "function rows() { return [1]; }\n",
        "all.js": "export * as sums from './sums.js';\n",
        "sums.js": "export const sum = () => 2;\nexport const other = () => 3;\n",
    }
    for path, before, wanted in (
        ("orders.js", "[1]", {"/list": ["rows"]}),
        ("orders.js", "5", {"/limit": ["settings"]}),
        ("sums.js", "2", {"/sum": ["sum"]}),
        ("sums.js", "3", {}),
    ):
        assert led(site, {**site, path: site[path].replace(before, "9")}) == wanted


GUARDED = {
    "app.js": """\
const express = require('express');
const { auth, limit } = require('./guards');
const log = require('./log');
const app = express();
app.get('/early', (req, res) => res.end());
app.use(log);
app.use('/api', limit);
app.get('/plain', (req, res) => res.end());
app.use('/api/orders', auth, require('./orders'));
app.use((error, req, res, next) => res.status(500).end());
""",
    "guards.js": "const auth = (req, res, next) => { token(); next(2); };\n"
    "function limit(req, res, next) { next(3); }\nfunction token() { return 4; }\nmodule.exports = { auth, limit };\n",
    "log.js": "module.exports = (req, res, next) => { next(5); };\n",
    "orders.js": "const router = require('express').Router();\nrouter.get('/', (req, res) => res.end());\n"
    "module.exports = router;\n",
}


@pytest.mark.parametrize(
    ("path", "before", "wanted"),
    [
        ("guards.js", "2", {"/api/orders": ["auth"]}),
        ("guards.js", "3", {"/api/orders": ["limit"]}),
        ("guards.js", "4", {"/api/orders": ["token"]}),
        ("log.js", "5", {"/plain": ["default"], "/api/orders": ["default"]}),
        ("app.js", "500", {}),
    ],
)
def test_a_route_of_express_leads_to_the_middleware_that_is_asked_before_it(
    path: str, before: str, wanted: dict[str, list[str]]
) -> None:
    assert led(GUARDED, {**GUARDED, path: GUARDED[path].replace(before, "9")}) == wanted


def test_methods_in_a_chain_lead_to_what_they_are_handed_alone() -> None:
    site = {
        "app.js": """\
const express = require('express');
const { all, add } = require('./orders');
const app = express();
app
  .use(express.json())
  .get('/inline', (req, res) => res.json(1))
  .get('/all', all);
app.route('/orders')
  .get(all)
  .post(add);
""",
        "orders.js": "exports.all = (req, res) => res.json([]);\nexports.add = (req, res) => res.json({});\n",
    }
    new = {**site, "orders.js": site["orders.js"].replace("[]", "[1]")}
    found = routes(raw(new)).routes
    by = changed(raw(new), [raw(site)], found).by
    assert {one.key for one in found if one.places in by} == {("GET", "/all"), ("GET", "/orders")}
    [posted] = [one for one in found if one.method == "POST"]
    assert posted.line == 10
    sources = [
        {one.key: one.source for one in routes(raw({**site, "app.js": text})).routes}
        for text in (site["app.js"], site["app.js"].replace("express.json()", "cors()").replace("json(1)", "json(2)"))
    ]
    assert {key for key, source in sources[0].items() if sources[1][key] != source} == {("GET", "/inline")}


def test_an_alias_that_only_a_bundler_knows_is_said_once_something_changed_unseen() -> None:
    site = {
        "package.json": '{"dependencies": {"next": "16", "zod": "4"}}',
        "app/page.tsx": "import fs from 'fs';\nimport { useState } from 'react';\nimport { z } from 'zod';\n"
        "import logo from 'pictures/logo.svg';\nimport { rows } from 'library/rows';\n"
        "export default function Page() { return [fs, useState, z, logo, rows()]; }\n",
        "lib/library/rows.ts": "export function rows() { return 1; }\n",
    }
    new = {**site, "lib/library/rows.ts": "export function rows() { return 2; }\n"}
    made = changed(raw(new), [raw(site)], routes(raw(new)).routes)
    assert (made.by, [(one.file, one.line) for one in made.blind]) == ({}, [("app/page.tsx", 5)])


CONTROLLERS = {
    "src/app.ts": "import express from 'express';\nimport { Users } from './users';\n"
    "const app = express();\napp.use('/users', new Users(service).router);\n",
    "src/users.ts": """\
import { Router } from 'express';
import { Service } from './service';
import { Base } from './base';
import { Mailer } from './mailer';
export class Users extends Base {
  router = Router();
  private mailer = new Mailer();
  private limit;
  constructor(private readonly service: Service) {
    super();
    this.limit = 5;
    this.router.get('/', this.list);
    this.router.get('/one', this.one.bind(this));
    this.router.get('/mail', (req, res) => { res.json(this.mailer.send(this.limit)); });
    this.router.get('/base', this.based);
  }
  list = async (req, res) => { res.json(await this.service.all()); };
  one(req, res) { res.json(this.shaped(1)); }
  based(req, res) { res.json(this.common()); }
  private shaped(one) { return [one]; }
}
""",
    "src/service.ts": "export class Service { all() { return 2; } }\n",
    "src/mailer.ts": "export class Mailer { send(limit) { return 3; } }\n",
    "src/base.ts": "export class Base { common() { return 4; } }\n",
}


@pytest.mark.parametrize(
    ("path", "before", "after", "wanted"),
    [
        ("src/service.ts", "2", "9", {"/users": ["Service"]}),
        ("src/mailer.ts", "3", "9", {"/users/mail": ["Mailer"]}),
        ("src/base.ts", "4", "9", {"/users/base": ["Base"]}),
        ("src/users.ts", "[one]", "[one, one]", {"/users/one": ["shaped"]}),
        ("src/users.ts", "limit = 5", "limit = 6", {"/users/mail": ["limit"]}),
        ("src/users.ts", "private limit;", "private limit: number;", {}),
    ],
)
def test_handlers_in_a_class_lead_to_what_they_use_of_it_and_to_the_classes_it_is_handed(
    path: str, before: str, after: str, wanted: dict[str, list[str]]
) -> None:
    assert led(CONTROLLERS, {**CONTROLLERS, path: CONTROLLERS[path].replace(before, after)}) == wanted
