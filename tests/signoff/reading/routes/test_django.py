"""Django projects: what the reader reads is what Django's own resolver has."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from support.applications import pairs, read, unread

SITE = {
    "shop/__init__.py": "",
    "shop/settings.py": 'ROOT_URLCONF = "shop.urls"\nSECRET_KEY = "x"\nINSTALLED_APPS = []\nUSE_TZ = True\n',
    "shop/urls.py": """\
from django.urls import include, path, re_path
from . import views

extra = [path("about/", views.page), path("<slug:name>/terms", views.page)]
urlpatterns = [
    path("", views.page, name="home"),
    path("orders/", include("orders.urls")),
    path("again/", include(("orders.urls", "orders"), namespace="again")),
    path("extra/", include(extra)),
    re_path(r"^archive/(?P<year>[0-9]{4})/$", views.page),
    path("reports/<int:pk>", views.Report.as_view()),
]
urlpatterns += [path("late", views.posted)]
""",
    "shop/views.py": """\
from django.http import HttpResponse
from django.views import View
from django.views.decorators.http import require_http_methods

def page(request, **kwargs): return HttpResponse("page")

@require_http_methods(["POST", "PUT"])
def posted(request): return HttpResponse("posted")

class Report(View):
    def get(self, request, pk): return HttpResponse("report")
    def delete(self, request, pk): return HttpResponse("gone")
""",
    "orders/__init__.py": "",
    "orders/urls.py": """\
from django.urls import path
from shop import views
app_name = "orders"
urlpatterns = [path("", views.page), path("<uuid:order>/files/<path:name>", views.page)]
""",
}
LISTED = """\
import json, re, django
from django.conf import settings
import shop.settings as own
settings.configure(**{k: v for k, v in vars(own).items() if k.isupper()})
django.setup()
from django.urls import get_resolver
from django.urls.resolvers import RoutePattern, URLResolver
def text(pattern):
    if isinstance(pattern, RoutePattern):
        named = re.sub(r"<path:(\\w+)>", r"{\\1...}", pattern._route)
        return re.sub(r"<(?:\\w+:)?(\\w+)>", r"{\\1}", named)
    return re.sub(r"\\(\\?P<(\\w+)>[^)]*\\)", r"{\\1}", pattern._regex).strip("^$") if pattern._regex != "^/" else "/"
def of(resolver, prefix):
    for one in resolver.url_patterns:
        here = prefix + text(one.pattern)
        if isinstance(one, URLResolver):
            yield from of(one, here)
        else:
            view = getattr(one.callback, "view_class", None)
            yield here, [m.upper() for m in ("get", "delete") if view and hasattr(view, m)]
print(json.dumps(list(of(get_resolver(), "/"))))
"""


def test_included_and_nested_patterns_are_read_as_django_resolves_them(tmp_path: Path) -> None:
    for path, text in {**SITE, "listed.py": LISTED}.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "listed.py"], cwd=tmp_path, capture_output=True, text=True, check=False, encoding="utf-8"
    )
    assert done.returncode == 0, done.stderr
    listed = dict(json.loads(done.stdout))
    for folder in ("", "services/shop/"):
        found = read(SITE, folder)
        assert {route.path for route in found.routes} == set(listed)
        assert unread(found) == []
    methods = {(method, path) for path, named in listed.items() for method in named}
    assert methods <= pairs(found)
    assert {("POST", "/late"), ("PUT", "/late")} <= pairs(found), "and what a decorator lets through"
    assert ("*", "/") in pairs(found)


def test_what_is_made_at_run_time_is_said_with_its_line() -> None:
    text = """\
from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.urls import include, path, re_path
from rest_framework.routers import DefaultRouter
from . import views
router = DefaultRouter()
router.register("items", views.Items)
urlpatterns = [
    path("admin/", admin.site.urls),
    path("api/", include(router.urls)),
    re_path(r"^(a|b)/$", views.either),
    path(views.PATH, views.computed),
    path("accounts/", include("django.contrib.auth.urls")),
] + i18n_patterns(path("shop/", views.shop))
"""
    found = read({"proj/urls.py": text, "proj/views.py": "", "proj/__init__.py": ""})
    assert pairs(found) == set()
    assert [line for _, line in unread(found)] == [7, 11, 12, 14]
