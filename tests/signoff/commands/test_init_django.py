"""The command that `init` writes for Django makes the tables, whatever way its settings find their database."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from signoff.drafting.databases import read_databases
from support.postgres import Cluster

MANAGE = """import os, sys
from django.core.management import execute_from_command_line
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "{}")
execute_from_command_line(sys.argv)
"""
SETTINGS = """import os
SECRET_KEY = "x"
INSTALLED_APPS = ["shop"]
USE_TZ = True
DATABASES = {}
"""
MIGRATION = """from django.db import migrations, models
class Migration(migrations.Migration):
    initial = True
    operations = [migrations.CreateModel("Tag", [("id", models.AutoField(primary_key=True))])]
"""
PARTS = """{"default": {
    "ENGINE": "django.db.backends.postgresql",
    "NAME": os.environ["DB_NAME"], "USER": os.environ.get("DB_USER", "shop"),
    "PASSWORD": os.getenv("DB_PASSWORD"), "HOST": os.environ["DB_HOST"], "PORT": os.environ.get("DB_PORT", "5432"),
}}"""
URL = """{"default": {"ENGINE": "django.db.backends.postgresql", **(lambda u: {
    "NAME": u.path[1:], "USER": u.username, "PASSWORD": u.password, "HOST": u.hostname, "PORT": u.port,
})(__import__("urllib.parse").parse.urlsplit(os.environ["DATABASE_URL"]))}}"""
FIXED = PARTS.replace('os.environ["DB_HOST"]', '"db.internal"').replace('os.environ.get("DB_PORT", "5432")', '"5432"')


def project(root: Path, databases: str, module: str = "shop.settings", folder: str = "web") -> None:
    files = {
        "manage.py": MANAGE.format(module),
        f"{module.replace('.', '/')}.py": SETTINGS.replace("{}", databases),
        "shop/__init__.py": "",
        "shop/migrations/__init__.py": "",
        "shop/migrations/0001_initial.py": MIGRATION,
    }
    for path, text in files.items():
        (root / folder / path).parent.mkdir(parents=True, exist_ok=True)
        (root / folder / path).write_text(text, encoding="utf-8")


@pytest.mark.parametrize("folder", ["web", "."])
@pytest.mark.parametrize("databases", [URL, PARTS], ids=["the URL", "its parts"])
@pytest.mark.parametrize("module", ["shop.settings", "shop.settings.base"])
def test_the_command_makes_the_tables_where_the_settings_read_the_url_or_its_parts(
    databases: str, module: str, folder: str, tmp_path: Path, postgres: Cluster
) -> None:
    project(tmp_path, databases, module, folder)
    expected = read_databases(tmp_path).expected[0]
    command, database = expected.value["command"], postgres.database()
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = {"PATH": path, str(expected.value["dsn_env"]): database.dsn()}
    subprocess.run(list(command), cwd=tmp_path, env=environment, check=True, capture_output=True)
    assert database.rows("SELECT count(*) FROM shop_tag") == [(0,)]
    assert "NOT YET" not in expected.origin


def test_settings_that_fix_a_part_are_named_with_what_they_have_to_read(tmp_path: Path) -> None:
    project(tmp_path, FIXED)
    expected = read_databases(tmp_path).expected[0]
    assert expected.origin == (
        "NOT YET: have web/shop/settings.py read DATABASE_URL (the URL of an empty database): it fixes HOST, PORT"
    )


@pytest.mark.parametrize("text", ["DATABASES = {", "", "DATABASES = made()", "DATABASES = {'default': made()}"])
def test_settings_that_can_not_be_read_leave_it_open(text: str, tmp_path: Path) -> None:
    project(tmp_path, PARTS)
    (tmp_path / "web/shop/settings.py").write_text(text, encoding="utf-8")
    assert read_databases(tmp_path).expected[0].origin == "web/manage.py, if its settings read DATABASE_URL"
