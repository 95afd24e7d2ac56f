"""What Django imports by name when a management command starts: its settings, then each installed app.

https://docs.djangoproject.com/en/stable/ref/applications/#how-applications-are-loaded
"""

from __future__ import annotations

from signoff.reading.env_reads.model import Entry, Place
from signoff.reading.env_reads.python_machine import Machine
from signoff.reading.env_reads.python_modules import PythonModule
from signoff.reading.env_reads.values import Choice, Const, Listed, Value

_VARIABLE = "DJANGO_SETTINGS_MODULE"


def follow(machine: Machine, entry: Entry) -> None:
    """Where the entry names a settings module of the tree, as manage.py does by `os.environ.setdefault`."""
    named = machine.world.assigned(_VARIABLE)
    name = entry.sets.get(_VARIABLE) or _text(named)
    if not name:
        return
    line = next((read.place.line for read in machine.world.reads.values() if read.name == _VARIABLE), 1)
    place = Place(entry.path, line, f"Django imports {name}")
    settings = machine.import_module(name, place)
    if not isinstance(settings, PythonModule):
        return
    apps = settings.scope.names.get("INSTALLED_APPS")
    for app in apps.items if isinstance(apps, Listed) else []:
        dotted = _text(app)
        if dotted and machine.files.find(dotted.partition(".")[0]) is not None:
            _load(machine, dotted, Place(settings.path or entry.path, 1, f"INSTALLED_APPS names {dotted}"))


def _load(machine: Machine, dotted: str, place: Place) -> None:
    """`app`, `app.apps.AppConfig`: the package, its apps.py and its models.py."""
    package = dotted
    if machine.files.find(dotted) is None:
        package = dotted.rpartition(".")[0]
        machine.import_module(package, place)
        package = package.rpartition(".")[0]
    else:
        machine.import_module(dotted, place)
    for part in ("apps", "models"):
        if package and machine.files.find(f"{package}.{part}") is not None:
            machine.import_module(f"{package}.{part}", place)


def _text(value: Value | None) -> str:
    if isinstance(value, Choice):
        value = value.absent
    return value.value if isinstance(value, Const) and isinstance(value.value, str) else ""
