# ruff: noqa: E501  a case is one line
"""What Python reads from the environment at import, each case a small repository with its healthy look-alikes."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signoff.reading.env_reads import Command, Entry, EnvRead
from signoff.reading.env_reads.scan import scan

OS = "import os\nfrom os import environ\n"


def reads(code: str, **files: str) -> dict[str, EnvRead]:
    tree = {"main.py": OS + code, **{name.replace("__", "/") + ".py": text for name, text in files.items()}}
    found = scan({path: text.encode() for path, text in tree.items()}, [Command("python main.py")])
    assert not found.unread
    return {one.name: one for one in found.reads}


REQUIRED = {
    "a subscript": 'x = os.environ["X"]',
    "under another name": 'from os import environ as env\nx = env["X"]',
    "a method of None": 'x = os.getenv("X").split(",")',
    "a number of None": 'x = int(os.environ.get("X"))',
    "a sum with None": 'x = "https://" + os.getenv("X")',
    "a guard": 'x = os.getenv("X")\nif not x:\n    raise RuntimeError("X")',
    "a guard that ends the program": 'import sys\nif "X" not in os.environ:\n    sys.exit("X")',
    "an assertion": 'assert os.environ.get("X"), "set X"',
    "a helper": "def need(name):\n    v = os.getenv(name)\n    if v is None:\n        raise KeyError(name)\n    return v\nx = need('X')",
    "a helper by keyword": "def need(*, name):\n    return os.environ[name]\nx = need(name='X')",
    "a helper of a helper": "def a(n):\n    return os.environ[n]\ndef b(n):\n    return a('X' if n else n)\nx = b(1)",
    "a loop": "for n in ('X',):\n    os.environ[n]",
    "what is missing of a list": "m = [n for n in ['X'] if not os.getenv(n)]\nif m:\n    raise ValueError(m)",
    "what is collected": "m = []\nfor n in ['X']:\n    if n not in environ:\n        m.append(n)\nif len(m) > 0:\n    raise ValueError",
    "a class body": 'class C:\n    x = os.environ["X"]',
    "a default argument": 'def f(x=os.environ["X"]): ...',
    "a decorator": 'def d(f):\n    os.environ["X"]\n    return f\n@d\ndef f(): ...',
    "an instance": 'class C:\n    def __init__(self):\n        self.x = os.environ["X"]\nc = C()',
    "a field's factory": 'from dataclasses import dataclass, field\n@dataclass\nclass C:\n    y: int\n    x: str = field(default_factory=lambda: os.environ["X"])\nc = C(1)',
    "a field's factory in pydantic": 'import pydantic\nclass C(pydantic.BaseModel):\n    x: str = pydantic.Field(default_factory=lambda: os.environ["X"])\nc = C()',
    "a base's constructor": 'class B:\n    def __init__(self):\n        os.environ["X"]\nclass C(B):\n    def __init__(self):\n        super().__init__()\nC()',
    "a property": 'class C:\n    @property\n    def p(self):\n        return os.environ["X"]\nC().p',
    "caught and raised again": 'try:\n    x = os.environ["X"]\nexcept KeyError as e:\n    raise RuntimeError from e',
    "caught as something else": 'try:\n    x = os.environ["X"]\nexcept ImportError:\n    x = None',
    "a coroutine that is run": 'import asyncio\nasync def f():\n    os.environ["X"]\nasyncio.run(f())',
    "run as the main program": 'if __name__ == "__main__":\n    os.environ["X"]',
    "decouple": 'from decouple import config\nx = config("X", cast=int)',
    "django-environ": 'import environ\nenv = environ.Env(D=(bool, False))\nx = env.str("X")',
    "environs": 'from environs import Env\nenv = Env()\nwith env.prefixed("P_"):\n    x = 1\nx = env("X")',
    "starlette": 'from starlette.config import Config\nconfig = Config()\nx = config("X", cast=str)',
    "pydantic": "from pydantic_settings import BaseSettings\nclass S(BaseSettings):\n    x: str | None\ns = S()",
    "pydantic's alias": "from pydantic import Field\nfrom pydantic_settings import BaseSettings\nclass S(BaseSettings):\n    a: str = Field(alias='X')\ns = S()",
    "pydantic in a cached function": "from functools import cache\nfrom pydantic_settings import BaseSettings\nclass S(BaseSettings):\n    x: str\n@cache\ndef get():\n    return S()\ns = get()",
}
HEALTHY = {
    "a factory's field that is given by name": 'from dataclasses import dataclass, field\n@dataclass\nclass C:\n    x: str = field(default_factory=lambda: os.environ["X"])\nc = C(x="d")\nos.getenv("X")',
    "a factory's field that is given by place": 'from dataclasses import dataclass, field\n@dataclass\nclass C:\n    x: str = field(default_factory=lambda: os.environ["X"])\nc = C("d")\nos.getenv("X")',
    "a default": 'x = os.environ.get("X", "d").split()',
    "another value instead": 'x = (os.getenv("X") or "d").split()',
    "asked first": 'x = os.getenv("X")\nif x:\n    x.split()',
    "left early": "def f():\n    x = os.getenv('X')\n    if not x:\n        return None\n    return x.split()\nf()",
    "caught": 'try:\n    x = os.environ["X"]\nexcept KeyError:\n    x = "d"',
    "suppressed": 'import contextlib\nwith contextlib.suppress(KeyError):\n    os.environ["X"]',
    "set by the code": 'os.environ["X"] = "d"\nx = os.environ["X"]',
    "set as a default": 'os.environ.setdefault("X", "d")\nx = os.environ["X"]',
    "only where another is set": 'if os.getenv("Y"):\n    os.environ["X"]',
    "a text of None": "x = f\"{os.getenv('X')}\"",
    "decouple's default": 'from decouple import config\nx = config("X", default="")',
    "environ's scheme": "import environ\nenv = environ.Env(X=(str, 'd'))\nx = env('X')",
    "pydantic's default": "from pydantic_settings import BaseSettings\nclass S(BaseSettings):\n    x: str = 'd'\ns = S()",
    "handed over": "from pydantic_settings import BaseSettings\nclass S(BaseSettings):\n    x: str\ns = S(x='d')",
    "no list": "m = [n for n in ['X'] if os.getenv(n)]\nif m:\n    raise ValueError(m)",
}
LAZY = {
    "a function": 'def f():\n    return os.environ["X"]',
    "a method": 'class C:\n    def m(self):\n        return os.environ["X"]\nC()',
    "a lambda": 'f = lambda: os.environ["X"]',
    "a handler": 'from flask import Flask\napp = Flask("a")\n@app.route("/")\ndef f():\n    return os.environ["X"]',
    "a generator": 'def f():\n    yield os.environ["X"]\ng = f()',
    "a coroutine": 'async def f():\n    os.environ["X"]\nc = f()',
    "types alone": 'from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    os.environ["X"]',
    "a class that is not made": "from pydantic_settings import BaseSettings\nclass S(BaseSettings):\n    x: str",
    "another main program": 'if __name__ == "other":\n    os.environ["X"]',
}


@pytest.mark.parametrize("code", REQUIRED.values(), ids=REQUIRED)
def test_a_read_that_stops_the_import_is_required(code: str) -> None:
    assert reads(code)["X"].need == "required"


@pytest.mark.parametrize("code", HEALTHY.values(), ids=HEALTHY)
def test_a_read_that_the_import_does_without_is_not_required(code: str) -> None:
    one = reads(code).get("X")
    assert one is None or one.need != "required" or one.given == {"Y"}


@pytest.mark.parametrize("code", LAZY.values(), ids=LAZY)
def test_a_lazy_read_is_no_read_of_the_import(code: str) -> None:
    assert "X" not in reads(code)


def test_the_chain_leads_from_the_entry_over_imports_and_calls_to_the_read() -> None:
    found = reads(
        "from app.db import engine\n", app____init__="", app__config="import os\ndef need(n):\n    return os.environ[n]\n",
        app__db="from .config import need\nengine = need('DATABASE_URL')\n",
    )["DATABASE_URL"]  # fmt: skip
    assert [(str(place), place.what) for place in found.chain] == [
        ("main.py:3", "imports app/db.py"),
        ("app/db.py:2", "calls need"),
        ("app/config.py:3", "reads DATABASE_URL"),
    ]
    assert (found.entry, found.place) == ("main.py", found.chain[-1])


def test_pydantic_fields_are_named_with_prefix_and_point_at_their_line() -> None:
    code = (
        "from pydantic_settings import BaseSettings, SettingsConfigDict\nclass S(BaseSettings):\n"
        "    model_config = SettingsConfigDict(env_prefix='app_')\n    url: str\n    size: int = 3\ns = S()\n"
    )
    found = reads(code)
    assert {name: one.need for name, one in found.items()} == {"APP_URL": "required", "APP_SIZE": "optional"}
    assert str(found["APP_URL"].place) == "main.py:6"


def test_every_name_is_found_and_not_only_the_first() -> None:
    assert set(
        reads("a = os.environ['A']\nb = os.environ['B']\nif not os.getenv('C'):\n    raise ValueError\nos.environ['D']")
    ) == set("ABCD")


def test_a_name_that_is_computed_is_said_with_its_place() -> None:
    found = scan({"main.py": b"import os, sys\nx = os.environ[sys.argv[1]]\n"}, [Command("python main.py")])
    assert found.unread == ("main.py:2: os.environ[sys.argv[1]] reads a name that is computed",)


def test_django_settings_and_installed_apps_are_followed_from_manage_py() -> None:
    tree = {
        "backend/manage.py": "import os\ndef main():\n    os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'site_.settings')\n"
        "    from django.core.management import execute_from_command_line\nif __name__ == '__main__':\n    main()\n",
        "backend/site_/__init__.py": "",
        "backend/site_/settings.py": "import os\nSECRET_KEY = os.environ['SECRET_KEY']\nINSTALLED_APPS = ['django.contrib.admin', 'shop']\n",
        "backend/shop/__init__.py": "",
        "backend/shop/models.py": "import os\nBUCKET = os.environ['BUCKET']\n",
        "backend/site_/urls.py": "import os\nos.environ['NOT_LOADED']\n",
    }
    files = {path: text.encode() for path, text in tree.items()}
    found = scan(files, [Command("cd backend && python manage.py collectstatic --noinput")])
    assert {one.name for one in found.reads if one.required} == {"SECRET_KEY", "BUCKET"}
    inline = scan(files, [Command("SECRET_KEY=dummy python /app/backend/manage.py collectstatic")])
    assert {one.name for one in inline.reads if one.required} == {"BUCKET"}


@pytest.mark.parametrize(
    "command", ["pip install .", "uv sync", "echo hi", "apt-get install python3", "python -m venv x"]
)
def test_commands_that_import_nothing_have_no_entries(command: str) -> None:
    assert scan({"main.py": b"import os\nos.environ['X']"}, [Command(command)]).entries == ()


@pytest.mark.parametrize(
    "command",
    [
        "python -m pkg.tool",
        "python3 -c 'import pkg.tool'",
        "uv run python src/pkg/tool.py",
        "sh -c 'python -m pkg.tool'",
    ],
)
def test_ways_of_running_python(command: str) -> None:
    files = {"src/pkg/__init__.py": b"", "src/pkg/tool.py": b"import os\nos.environ['X']"}
    assert [one.name for one in scan(files, [Command(command)]).reads] == ["X"]


pieces = st.sampled_from(
    ["import os\n", "from . import x\n", "x = os.environ['A']\n", "if x:\n    ", "raise x\n", "def f(a, *b, c=1, **d):\n    ", "return f(x)\n",
     "f(*x, **y)\n", "class C(C):\n    ", "try:\n    x()\nexcept E as e:\n    ", "pass\n", "for x in f():\n    ", "while x:\n    ", "x = [f(y) for y in x if y]\n",
     "with x as y:\n    ", "x += 1\n", "lambda: x\n", "a, *b = x\n", "match x:\n    case 1:\n        ", "break\n", "assert x\n", "del x\n", "x[1].y = 2\n"]
)  # fmt: skip


@settings(deadline=None, max_examples=150)
@given(st.lists(pieces, max_size=25).map("".join) | st.text(max_size=80))
def test_any_text_is_followed_or_said_not_to_be(text: str) -> None:
    scan({"main.py": text.encode("utf-8", "replace")}, entries=[Entry("main.py", "test", "python")])
