"""Flask applications: what the reader reads is what Flask's own URL map has."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from support.applications import Pairs, imported, pairs, read, unread

SITE = {
    "site_app/__init__.py": """\
from flask import Flask
from .extensions import db
from .api import api
from .views import Listed, Plain, ReportView, plain

def create_app(config=None):
    app = Flask(__name__)
    db.init_app(app)
    register(app)
    app.register_blueprint(api, url_prefix="/api/v1")
    app.register_blueprint(api, url_prefix="/api/v2", name="second")
    app.add_url_rule("/reports/<int:report_id>", view_func=ReportView.as_view("report"))
    app.add_url_rule("/views/listed", view_func=Listed.as_view("listed"))
    app.add_url_rule("/views/plain", view_func=Plain.as_view("plain_view"))
    app.add_url_rule("/plain", "plain", plain, methods=["POST", "GET"])
    return app

def register(app):
    from .pages import pages
    app.register_blueprint(pages)

    @app.route("/health")
    def health():
        return "ok"
""",
    "site_app/extensions.py": "class Db:\n    def init_app(self, app): self.app = app\ndb = Db()\n",
    "site_app/api.py": """\
from flask import Blueprint
api = Blueprint("api", __name__, url_prefix="/never")
users = Blueprint("users", __name__, url_prefix="/users")

@users.get("/")
def every(): return []

@users.route("/<uuid:user_id>/files/<path:name>", methods=("GET", "DELETE"))
def files(user_id, name): return name

api.register_blueprint(users)

@api.post("orders")
def orders(): return {}

@api.route("/")
def index(): return {}
""",
    "site_app/pages.py": """\
from flask import Blueprint
pages = Blueprint("pages", __name__)

@pages.route("/")
@pages.route("/home")
def home(): return "home"
""",
    "site_app/views.py": """\
from flask.views import MethodView, View

class Base(MethodView):
    def get(self, report_id): return report_id

class ReportView(Base):
    def put(self, report_id): return report_id

class Listed(View):
    methods = ["GET", "POST"]
    def dispatch_request(self): return "listed"

class Plain(View):
    def dispatch_request(self): return "plain"

def plain(): return "plain"
""",
    "wsgi.py": "from site_app import create_app\napp = create_app()\n",
}


def own(app: Any) -> Pairs:
    found = set()
    for rule in app.url_map.iter_rules():
        path = re.sub(r"<path:(\w+)>", r"{\1...}", rule.rule)
        path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", path)
        found |= {(method, path) for method in rule.methods - {"HEAD", "OPTIONS"} if rule.endpoint != "static"}
    return found


def test_nested_blueprints_factories_rules_and_class_based_views_are_read_as_flask_builds_them(tmp_path: Path) -> None:
    with imported(tmp_path, SITE, "wsgi") as module:
        wanted = own(module.app)
    assert len(wanted) == 20
    for folder in ("", "services/web/"):
        found = read(SITE, folder)
        assert pairs(found) == wanted
        assert unread(found) == []


def test_an_application_that_modules_import_in_a_circle_is_read(tmp_path: Path) -> None:
    files = {
        "ring/__init__.py": "from flask import Flask\napp = Flask(__name__)\nfrom ring import views\n",
        "ring/views.py": "from ring import app\n@app.route('/ring')\ndef ring(): return ''\n",
    }
    with imported(tmp_path, files, "ring") as module:
        assert pairs(read(files)) == own(module.app) == {("GET", "/ring")}


def test_what_only_a_run_tells_is_said_with_its_line_and_never_assumed() -> None:
    found = read(
        {
            "app.py": """\
import os
from flask import Blueprint, Flask
from flask_restful import Api
app = Flask(__name__)
pages = Blueprint("pages", __name__, url_prefix=os.environ["P"])
@pages.route("/x")
def x(): ...
app.register_blueprint(pages)
api = Api(app)
api.add_resource(object, "/restful")
for path in open("paths").readlines():
    app.add_url_rule(path, view_func=x)
app.add_url_rule("/y", view_func=x, methods=METHODS)
"""
        }
    )
    assert pairs(found) == set()
    assert [line for _, line in unread(found)] == [6, 10, 12, 13]
