"""`bulk_create` of Django, examined by Django itself: its models say their tables and columns."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from signoff.model.sql_use import ConflictTarget, NotCheckable, Place
from signoff.reading.sql_targets import conflict_targets_of, django_targets

MODELS = """
from django.db import models

class Base(models.Model):
    code = models.CharField(max_length=9, db_column="Code")
    class Meta:
        abstract = True

class Tag(Base):
    name = models.CharField(max_length=9)
    owner = models.ForeignKey("Tag", models.CASCADE, null=True)
    other = models.OneToOneField("Tag", models.CASCADE, db_column="o", related_name="+")
    many = models.ManyToManyField("Tag")

class Note(models.Model):
    key = models.UUIDField(primary_key=True)
    class Meta:
        db_table = "Notes"

class Short(Note):
    class Meta:
        proxy = True
"""
APPS = "from django.apps import AppConfig\nclass Shop(AppConfig):\n    name = 'shop'\n    label = 'store'\n"
CALLS = [
    ("Tag", ["name", "code"]),
    ("Tag", ["owner", "owner_id", "other"]),
    ("Tag", ["pk"]),
    ("Tag", ["id"]),
    ("Note", ["pk"]),
    ("Short", ["key"]),
]
ASK = """
import sys, json, django
from django.conf import settings
settings.configure(INSTALLED_APPS=["shop.apps.Shop"])
django.setup()
from django.apps import apps
for model, fields in json.load(sys.stdin):
    meta = apps.get_model("store", model)._meta
    print(json.dumps([meta.db_table, [(meta.pk if f == "pk" else meta.get_field(f)).column for f in fields]]))
"""


def read(source: str) -> list[ConflictTarget | NotCheckable]:
    files = {"src/shop/models.py": MODELS, "src/shop/apps.py": APPS, "src/shop/load.py": source}
    return list(conflict_targets_of({path: text.encode() for path, text in files.items()}))


def test_tables_and_columns_are_those_that_django_has(tmp_path: Path) -> None:
    for name, text in {"models": MODELS, "apps": APPS, "__init__": ""}.items():
        (tmp_path / "shop").mkdir(exist_ok=True)
        (tmp_path / "shop" / f"{name}.py").write_text(text, encoding="utf-8")
    asked = subprocess.run(
        [sys.executable, "-c", ASK], input=json.dumps(CALLS), capture_output=True, text=True, check=True, cwd=tmp_path
    )
    for (model, fields), answer in zip(CALLS, asked.stdout.splitlines(), strict=True):
        call = f"{model}.objects.bulk_create(x, update_conflicts=True, unique_fields={fields})"
        [target] = read(f"from .models import {model}\n{call}")
        assert isinstance(target, ConflictTarget), target
        table, columns = json.loads(answer)
        assert [target.table.strip('"'), [column.strip('"') for column in target.columns]] == [table, columns]
        assert target.place == Place("src/shop/load.py", 2)


@pytest.mark.parametrize(
    ("call", "why"),
    [
        ("model.objects.bulk_create(x, update_conflicts=True, unique_fields=['id'])", django_targets.TABLE),
        ("Tag.objects.bulk_create(x, update_conflicts=True, unique_fields=fields)", django_targets.FIELDS),
        ("Tag.objects.bulk_create(x, update_conflicts=flag, unique_fields=['none'])", django_targets.FIELDS),
        ("Tag.objects.bulk_create(x, update_conflicts=True)", django_targets.FIELDS),
    ],
)
def test_what_is_put_together_at_run_time_is_not_checkable(call: str, why: str) -> None:
    [found] = read(f"from shop.models import Tag\ndef f(model, fields, flag, x):\n    {call}")
    assert found == NotCheckable(Place("src/shop/load.py", 3), why)


@pytest.mark.parametrize("options", ["", "ignore_conflicts=True", "update_conflicts=False, unique_fields=['id']"])
def test_what_updates_nothing_needs_no_index(options: str) -> None:
    assert read(f"from shop.models import Tag  # update_conflicts\nTag.objects.bulk_create(x, {options})") == []


def test_managers_and_asynchronous_calls_are_followed() -> None:
    source = """from shop import models
KEYS = ("name",)
async def f(x):
    await models.Tag.objects.using("other").abulk_create(
        x, update_conflicts=True, unique_fields=KEYS, update_fields=["code"])
"""
    assert read(source) == [ConflictTarget(Place("src/shop/load.py", 4), "store_tag", ("name",), updates=True)]
