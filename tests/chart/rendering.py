"""How the tests run helm, and find their way in what it renders."""

import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
CHART = ROOT / "charts" / "holdfast"
CRD, MEMORY_CRD = (CHART / "files" / f"{plural}.holdfast.dev.yaml" for plural in ("stacks", "stackmemories"))
ALERTS = CHART / "files" / "alerts.yaml"
CASES = sorted((Path(__file__).parent / "values").glob("*.yaml"))
NAMESPACE, RELEASE = "holdfast-system", "holdfast"
SECONDS = 60.0

Values = Mapping[str, Any]
Object = dict[str, Any]

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""Pure Python takes seconds for a CRD."""


def load_all(text: str) -> list[Any]:
    """The documents of a YAML stream, without empty ones."""
    return [found for found in yaml.load_all(text, Loader=_LOADER) if found is not None]


def load(path: Path) -> Any:
    """The one document of a file."""
    (found,) = load_all(path.read_text())
    return found


class Refused(Exception):
    """Helm ended with an error; the message is all it said."""


class Helm:
    """The program, with a home of its own."""

    def __init__(self, program: str, home: Path) -> None:
        self._program, self._home = program, home

    def run(self, *words: str | Path, values: Values | None = None) -> str:
        """What it prints. Raises `Refused`."""
        given = ["--values=-"] if values is not None else []
        ended = subprocess.run(
            [self._program, *map(str, words), *given],
            input=json.dumps(values),
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
            env={"PATH": os.environ["PATH"], "HOME": str(self._home)},
        )
        if ended.returncode:
            raise Refused(ended.stdout + ended.stderr)
        return ended.stdout

    def template(self, values: Values | None = None, *words: str) -> str:
        """The chart as text, with these values."""
        return self.run("template", RELEASE, CHART, "--namespace", NAMESPACE, *words, values=values or {})

    def objects(self, values: Values | None = None) -> list[Object]:
        """The chart as objects, with these values."""
        return load_all(self.template(values))


def of_kind(objects: list[Object], kind: str) -> list[Object]:
    """Those of one kind, or with `Kind/name` the one with this name."""
    wanted, _, name = kind.partition("/")
    return [each for each in objects if each["kind"] == wanted and name in ("", each["metadata"]["name"])]


def the(objects: list[Object], kind: str) -> Object:
    """The only one of its kind."""
    (found,) = of_kind(objects, kind)
    return found


def container(objects: list[Object]) -> Object:
    """The container that the Deployment runs."""
    (found,) = the(objects, "Deployment")["spec"]["template"]["spec"]["containers"]
    assert isinstance(found, dict)
    return found


def leaves(values: Values, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every value with its dotted path: what is not itself a section. An empty mapping is a value."""
    for key, value in values.items():
        if isinstance(value, dict) and value:
            yield from leaves(value, f"{path}{key}.")
        else:
            yield f"{path}{key}", value


def merged(settings: Iterator[tuple[str, Any]]) -> dict[str, Any]:
    """The other way round: values from dotted paths."""
    made: dict[str, Any] = {}
    for path, value in settings:
        *sections, last = path.split(".")
        within = made
        for section in sections:
            within = within.setdefault(section, {})
        within[last] = value
    return made


def holds(pattern: Any, found: Any) -> bool:
    """Whether all that the pattern says is found: mappings by key, lists by element, null where nothing is."""
    if pattern is None:
        return found is None
    if isinstance(pattern, dict):
        return isinstance(found, dict) and all(holds(value, found.get(key)) for key, value in pattern.items())
    if isinstance(pattern, list):
        return isinstance(found, list) and all(any(holds(each, one) for one in found) for each in pattern)
    return bool(pattern == found) and type(pattern) is type(found)


def rendered(pattern: Values, objects: list[Object]) -> bool:
    """Whether what a case says of each kind is so, for one object of it; null where there is none."""
    return all(
        not of_kind(objects, kind) if wanted is None else any(holds(wanted, each) for each in of_kind(objects, kind))
        for kind, wanted in pattern.items()
    )
