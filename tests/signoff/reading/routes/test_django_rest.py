"""Django REST framework: what the reader reads is what the framework's own routers make."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from support.applications import pairs, read, unread

SITE = {
    "shop/__init__.py": "",
    "shop/settings.py": 'ROOT_URLCONF = "shop.urls"\nSECRET_KEY = "x"\nINSTALLED_APPS = ["rest_framework"]\n'
    'REST_FRAMEWORK = {"DEFAULT_AUTHENTICATION_CLASSES": [], "UNAUTHENTICATED_USER": None}\n',
    "shop/urls.py": """\
from django.conf import settings
from django.urls import include, path
from rest_framework.routers import DefaultRouter, SimpleRouter
from . import views

router = DefaultRouter() if settings.DEBUG else SimpleRouter()
router.register("orders", views.Orders, basename="order")
router.register(r"reports", views.Reports, basename="report")
plain = SimpleRouter(trailing_slash=False)
plain.register("notes", views.Notes, basename="note")
plain.registry.extend(views.more.registry)
urlpatterns = [
    path("api/", include(router.urls)),
    path("plain/", include((plain.urls, "plain"))),
    path("called", views.called),
    path("items/", views.Items.as_view()),
    *[path(f"called/{name}", views.called) for name in ("one", "two")],
]
urlpatterns += views.more.urls
""",
    "shop/views.py": """\
from rest_framework import generics, mixins, viewsets
from rest_framework.decorators import action, api_view
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter

class Orders(viewsets.ModelViewSet):
    @action(detail=True, methods=["post"])
    def pay(self, request, pk=None): return Response({})

    @pay.mapping.delete
    def unpay(self, request, pk=None): return Response({})

    @action(detail=False, url_path="of-today")
    def today(self, request): return Response({})

class Base(mixins.ListModelMixin, viewsets.GenericViewSet):
    @action(methods=["get", "put"], detail=True)
    def shared(self, request, slug=None): return Response({})

class Reports(Base):
    lookup_field = "slug"
    def retrieve(self, request, slug=None): return Response({})

class Notes(viewsets.ViewSet):
    def list(self, request): return Response({})
    def create(self, request): return Response({})
    def destroy(self, request, pk=None): return Response({})

class Fixed(viewsets.ModelViewSet):
    http_method_names = ["get", "head"]

more = SimpleRouter()
more.register("fixed", Fixed, basename="fixed")

@api_view(["GET", "POST"])
def called(request): return Response({})

class Items(generics.ListCreateAPIView):
    def get(self, request): return Response({})
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
        return pattern._route
    return re.sub(r"\\(\\?P<(\\w+)>[^)]*\\)", r"{\\1}", pattern._regex).strip("^$") if pattern._regex != "^/" else "/"
def methods(view):
    if getattr(view, "actions", None):
        allowed = view.cls.http_method_names
        return [verb.upper() for verb in view.actions if verb in allowed and verb != "head"]
    return [verb for verb in view.cls().allowed_methods if verb != "OPTIONS"]
def of(resolver, prefix):
    for one in resolver.url_patterns:
        here = prefix + text(one.pattern)
        if isinstance(one, URLResolver):
            yield from of(one, here)
        elif "format" not in here and "drf_format" not in here and one.name != "api-root":
            yield from ((method, here) for method in methods(one.callback))
print(json.dumps(list(of(get_resolver(), "/"))))
"""


def test_routers_actions_and_generic_views_are_read_as_the_framework_makes_them(tmp_path: Path) -> None:
    for path, text in {**SITE, "listed.py": LISTED}.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "listed.py"], cwd=tmp_path, capture_output=True, text=True, check=False, encoding="utf-8"
    )
    assert done.returncode == 0, done.stderr
    listed = {(method, path) for method, path in json.loads(done.stdout)}
    assert len(listed) == 28
    for folder in ("", "services/shop/"):
        found = read(SITE, folder)
        assert pairs(found) == listed
        assert unread(found) == []


def test_what_only_a_run_tells_of_a_router_is_said() -> None:
    text = """\
from django.urls import include, path
from rest_framework.routers import DefaultRouter
from somewhere import Mixed, PREFIX
from rest_framework import viewsets
class Own(DefaultRouter): ...
class Mine(Mixed, viewsets.ModelViewSet): ...
class Plain(viewsets.ModelViewSet): ...
class Listed(viewsets.ModelViewSet):
    http_method_names = Mixed.names
router, own = DefaultRouter(), Own()
router.register("mine", Mine)
router.register(PREFIX, Plain)
router.register("listed", Listed)
own.register("plain", Plain)
urlpatterns = [path("a/", include(router.urls)), path("b/", include(own.urls))]
"""
    found = read({"proj/urls.py": text, "proj/__init__.py": ""})
    assert pairs(found) == set()
    assert [line for _, line in unread(found)] == [11, 12, 13, 14]
