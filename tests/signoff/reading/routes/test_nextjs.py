"""Next.js applications, by the names of their files."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from signoff.model.routes import Found
from signoff.reading.routes import nextjs
from support.applications import Pairs, pairs, raw, unread

PACKAGE = {"package.json": '{"dependencies": {"next": "16.0.0"}}'}
GET = "export async function GET() {}\n"


def read(files: Mapping[str, str], folder: str = "") -> Found:
    return nextjs.read(raw({**PACKAGE, **files}, folder))


APP: Mapping[str, Pairs] = {
    "app/page.tsx": {("GET", "/")},
    "app/(shop)/orders/[id]/page.tsx": {("GET", "/orders/{id}")},
    "app/docs/[...slug]/page.mdx": {("GET", "/docs/{slug...}")},
    "app/shop/[[...slug]]/page.js": {("GET", "/shop"), ("GET", "/shop/{slug...}")},
    "app/@modal/(.)photo/[id]/page.tsx": set(),
    "app/feed/(..)photo/page.tsx": set(),
    "app/@team/settings/page.tsx": {("GET", "/settings")},
    "app/_parts/page.tsx": set(),
    "app/%5Fvisible/page.tsx": {("GET", "/_visible")},
    "app/dashboard/layout.tsx": set(),
    "app/sitemap.ts": {("GET", "/sitemap.xml")},
    "app/shop/sitemap.ts": {("GET", "/shop/sitemap.xml")},
    "app/shop/robots.ts": set(),
    "pages/index.tsx": {("GET", "/")},
    "pages/blog/[slug].tsx": {("GET", "/blog/{slug}")},
    "pages/blog/index.js": {("GET", "/blog")},
    "pages/api/hello.ts": {("*", "/api/hello")},
    "pages/api/[...all].ts": {("*", "/api/{all...}")},
    "pages/_app.tsx": set(),
    "pages/404.tsx": set(),
    "src/app/page.tsx": {("GET", "/")},
    "src/pages/about.tsx": {("GET", "/about")},
}


@pytest.mark.parametrize("path", APP)
def test_each_file_answers_where_next_says(path: str) -> None:
    for folder in ("", "web/"):
        assert pairs(read({path: "export default function Page() {}\n"}, folder)) == APP[path]


ROUTES: Mapping[str, set[str]] = {
    "export async function GET(request: Request) {}\nexport function POST() {}": {"GET", "POST"},
    "export const PUT = async () => {};\nexport const dynamic = 'force-dynamic';": {"PUT"},
    "const handler = make();\nexport { handler as GET, handler as DELETE };": {"GET", "DELETE"},
    "export const { GET, POST } = handlers;": {"GET", "POST"},
    "export { GET, POST as PATCH } from '../shared';": {"GET", "PATCH"},
    "export function helper() {}": set(),
    "exports.GET = async () => {};\nmodule.exports.POST = function () {};": {"GET", "POST"},
    "function GET() {}\nmodule.exports = { GET, PUT: () => 1, DELETE() {} };": {"GET", "PUT", "DELETE"},
}


@pytest.mark.parametrize("source", ROUTES)
def test_a_route_file_answers_the_methods_that_it_exports(source: str) -> None:
    for path in ("app/api/x/route.ts", "app/(group)/api/x/route.ts"):
        assert pairs(read({path: source})) == {(method, "/api/x") for method in ROUTES[source]}


def test_what_a_route_file_hands_on_of_another_file_is_said() -> None:
    for handed in ("export * from './handlers';", "module.exports = require('./handlers');"):
        found = read({"app/api/route.ts": handed})
        assert (pairs(found), unread(found)) == (set(), [("app/api/route.ts", 1)])


def test_the_base_path_and_the_slash_at_the_end_are_of_every_route() -> None:
    files = {"app/page.tsx": "", "app/x/page.tsx": "", "app/robots.ts": ""}
    for start, given in (
        ("", "basePath: '/docs'"),
        ("const basePath = '/docs';", "basePath"),
        ("const a = '/docs';", "basePath: a"),
    ):
        config = f"/** @type */\n{start}const config = {{ {given}, trailingSlash: true }};\nexport default config;\n"
        found = read({**files, "next.config.mjs": config})
        assert {path for _, path in pairs(found)} == {"/docs", "/docs/x/", "/docs/robots.txt"}


def test_settings_that_make_other_routes_are_said() -> None:
    config = "module.exports = {\n  basePath: process.env.BASE,\n  async rewrites() { return []; },\n  i18n: {},\n};\n"
    found = read({"app/page.tsx": "", "next.config.js": config})
    assert (pairs(found), unread(found)) == (set(), [("next.config.js", line) for line in (2, 3, 4)])


def test_without_next_a_folder_named_app_or_pages_has_no_routes() -> None:
    assert nextjs.read({"app/page.tsx": b"", "pages/index.js": b"", "package.json": b"{}"}) == Found()


def test_a_changed_file_has_another_fingerprint_and_comments_types_and_layout_change_nothing() -> None:
    page = """\
import { rows } from "../rows";
export default async function Page(props) {
  const all = await rows({ first: "one", last: 2 });
  return <p title="x">Found {all.map((one) => one.name)}</p>;
}
"""
    layout = """\
// comment
import { rows } from '../rows'
type Props = { name: string }
export default async function Page(props: Props) {
  const all = (await rows({
    first: 'one',
    last: 2, // the last
  })) as Row[]
  return (
    <p title="x">
      Found {all!.map(one => one.name)}
    </p>
  )
}
"""
    for path in ("app/x/page.tsx", "pages/x.tsx"):
        [old], [new] = (read({path: text}).routes for text in (page, layout))
        assert old.source == new.source
        for before, after in (("2 }", "3 }"), ("Found", "Got"), ('"one"', '"two"'), ("one.name", "one.size")):
            [changed] = read({path: page.replace(before, after)}).routes
            assert changed.source != old.source
    [words], [others] = (read({"app/x/page.mdx": text}).routes for text in ("# One", "# Two"))
    assert words.source != others.source
