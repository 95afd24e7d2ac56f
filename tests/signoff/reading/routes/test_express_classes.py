"""Express applications that classes, lists and computed methods put together."""

from __future__ import annotations

from support.applications import pairs, unread

from .test_express import read


def test_classes_that_build_routers_and_hand_them_on_are_read() -> None:
    files = {
        "src/server.ts": """\
import App from './app';
import { Users } from './users';
import { Orders } from './orders';
new App([new Users(), new Orders('/orders')]).listen();
""",
        "src/app.ts": """\
import express, { Application } from 'express';
import { Base } from './base';
export default class App {
  public app: Application;
  constructor(routes: Base[]) {
    this.app = express();
    this.app.get('/health', (req, res) => { res.end(); });
    this.start(routes);
  }
  private start(routes: Base[]) {
    routes.forEach((route) => { this.app.use(route.path, route.routes); });
  }
  listen() { this.app.listen(process.env.PORT); }
}
""",
        "src/base.ts": """\
import { Router } from 'express';
export abstract class Base {
  protected router = Router();
  constructor(public readonly path: string) { this.router.get('/', this.list.bind(this)); }
  abstract list(): void;
  get routes() { return this.router; }
}
""",
        "src/users.ts": """\
import { Base } from './base';
export class Users extends Base {
  static PREFIX = '/users';
  constructor() {
    super(Users.PREFIX);
    this.router.delete(`${this.path}/:id(\\\\d+)`, this.remove);
  }
  list = () => { throw 1; };
  remove = (req: Request, res: Response) => { res.end(); };
}
""",
        "src/orders.ts": "import { Base } from './base';\nexport class Orders extends Base { list() {} }\n",
    }
    found = read(files)
    wanted = {("GET", "/health"), ("GET", "/users"), ("GET", "/orders"), ("DELETE", "/users/users/{id}")}
    assert (pairs(found), unread(found)) == (wanted, [])
    [old] = [route for route in found.routes if route.method == "DELETE"]
    changed = {**files, "src/users.ts": files["src/users.ts"].replace("res.end()", "res.send(1)")}
    [new] = [route for route in read(changed).routes if route.method == "DELETE"]
    assert old.source != new.source
    assert [place.file for place in new.handlers] == ["src/users.ts"]


def test_lists_of_routers_and_methods_are_gone_through_and_each_prefix_counts() -> None:
    text = """\
const express = require('express');
const app = express(), router = express.Router();
router.get('/in', h);
app.use(['/one', '/two'], router);
[{ path: '/a', to: router }].forEach((each) => app.use(each.path, each.to));
for (const [method, path] of [['get', '/x'], ['post', '/y']]) app[method](path, h);
const map = { '/map': router };
for (const [prefix, to] of Object.entries(map)) app.use(prefix, to);
Object.keys(map).forEach((prefix) => app.use('/keys' + prefix, map[prefix]));
function made(name) { const one = express.Router(); one.get('/' + name, h); return one; }
app.use(made('first'));
app.use('/made', made('second'));
app.use('/answers', (req, res) => res.end());
app.use('/passes', (req, res, next) => next());
app.use((req, res) => res.status(410).end());
app.use('/api', (req, res) => res.status(404).end());
function h(req, res) { res.end(); }
"""
    found = read({"app.js": text})
    assert unread(found) == []
    assert pairs(found) == {
        *(("GET", f"{prefix}/in") for prefix in ("/one", "/two", "/a", "/map", "/keys/map")),
        ("GET", "/first"),
        ("GET", "/made/second"),
        ("GET", "/x"),
        ("POST", "/y"),
        ("*", "/answers"),
    }


def test_methods_and_packages_that_only_a_run_tells_are_said() -> None:
    text = """\
const express = require('express');
const app = express();
app[process.env.METHOD]('/x', h);
app.use('/graphql', graphqlHTTP({}));
app.use('/limited', limiter({}));
class Late { constructor(server) { this.app = server.app; this.app.get('/late', (req, res) => res.end()); } }
"""
    found = read({"app.js": text})
    assert (pairs(found), [line for _, line in unread(found)]) == (set(), [3, 4, 6])
