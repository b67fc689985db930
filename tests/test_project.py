"""The promises of the project itself: what it installs, where its walls stand, how it is laid out."""

import ast
import os
import re
import socket
import tomllib
from pathlib import Path
from typing import Any

import pytest
from pytest_socket import SocketConnectBlockedError

ROOT = Path(__file__).resolve().parents[1]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())
LOCK = ROOT / "requirements.lock"
RUNTIME_LOCK = ROOT / "requirements-runtime.lock"
DEMO_LOCK = ROOT / "requirements-demo.lock"
BUILD_LOCK = ROOT / "requirements-build.lock"
LOCKS = pytest.mark.parametrize("lock", [LOCK, RUNTIME_LOCK, DEMO_LOCK, BUILD_LOCK], ids=lambda lock: lock.name)

LONGEST_FILE, LONGEST_MODULE = 500, 400
# Words that say nothing about what a module is for, and words that have another meaning here.
FORBIDDEN_WORD = re.compile(
    r"(util|helper|common|misc|base|manager|data|info|process|processor|sync|handle|handler|current|actual)s?"
)


def requirements(lock: Path) -> dict[str, list[str]]:
    """The lines of a lock, joined and without comments, by name; a name may have one per Python version."""
    lines = [line for line in lock.read_text().splitlines() if not line.lstrip().startswith("#")]
    found: dict[str, list[str]] = {}
    for requirement in "\n".join(lines).replace("\\\n", " ").splitlines():
        found.setdefault(name_of(requirement), []).append(requirement)
    return found


def name_of(requirement: str) -> str:
    """The name that a requirement starts with, in the one spelling that all tools agree on."""
    name = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert name is not None, requirement
    return re.sub(r"[-_.]+", "-", name[0]).lower()


def packages(folder: Path) -> set[str]:
    """The packages directly within a package, by their full dotted name."""
    return {".".join(each.parent.relative_to(ROOT).parts) for each in folder.glob("*/__init__.py")}


def contract(name: str) -> dict[str, Any]:
    """One wall, as import-linter is told of it."""
    walls: list[dict[str, Any]] = PROJECT["tool"]["importlinter"]["contracts"]
    (found,) = [wall for wall in walls if wall["id"] == name]
    return found


def code() -> list[Path]:
    """Every Python file of ours."""
    return [
        path
        for folder in ("benchmarks", "controller", "emulators", "tests")
        for path in (ROOT / folder).rglob("*.py")
    ]


@LOCKS
def test_a_lock_pins_by_hash(lock: Path) -> None:
    """Whoever installs from a lock gets, to the byte, what we tested."""
    for requirement in (line for lines in requirements(lock).values() for line in lines):
        assert re.match(r"[a-z0-9.-]+==[^ ]+ ", requirement), requirement
        assert "--hash=sha256:" in requirement, requirement


@LOCKS
def test_a_lock_names_no_host_and_no_machine(lock: Path) -> None:
    """Where packages come from is each machine's own setting, and nothing of ours leaks into a lock."""
    foreign = re.compile(r"://|--(extra-)?index|--find-links|--trusted-host| @ |\s/\w|file:")
    assert [] == [line for line in lock.read_text().splitlines() if foreign.search(line)]


def test_every_direct_dependency_is_locked() -> None:
    """A dependency that is added to pyproject.toml without `make lock` does not pass."""
    project = PROJECT["project"]
    backend, extra = PROJECT["build-system"]["requires"], dict(project["optional-dependencies"])
    runtime = [*project["dependencies"], *extra.pop("operator")]  # the image runs the operator too
    extras = [each for others in extra.values() for each in others]
    assert set() == {name_of(each) for each in [*backend, *runtime, *extras]} - requirements(LOCK).keys()
    assert set() == {name_of(each) for each in runtime} - requirements(RUNTIME_LOCK).keys()
    assert set() == {name_of(each) for each in backend} - requirements(BUILD_LOCK).keys()
    demo = {name_of(each) for each in [*project["dependencies"], *extra["demo"], *backend, "editables"]}
    assert set() == demo - requirements(DEMO_LOCK).keys()
    assert set() == {name_of(each) for each in extras} & requirements(RUNTIME_LOCK).keys()


def test_the_image_holds_what_the_tests_ran_on() -> None:
    """The locks of the image are parts of the full one, in the same versions."""
    full = requirements(LOCK)
    for part in (requirements(RUNTIME_LOCK), requirements(BUILD_LOCK)):
        assert {name: full.get(name) for name in part} == part


def test_the_demo_runs_on_what_the_tests_ran_on() -> None:
    """Its lock is a part of the full one, in the same versions, without what only development needs."""
    full, demo = requirements(LOCK), requirements(DEMO_LOCK)
    assert {name: full.get(name) for name in demo} == demo
    assert set() == {"mypy", "pytest", "ruff"} & demo.keys()


def test_every_package_stands_within_the_walls() -> None:
    """A new part of the controller is either the one place for AWS (or Kubernetes) or barred from it."""
    parts = packages(ROOT / "controller")
    assert parts - {"controller.aws"} == set(contract("aws")["source_modules"])
    assert parts - {"controller.kube"} == set(contract("kubernetes")["source_modules"])
    assert ["controller.core"] == contract("core")["source_modules"]
    assert contract("layers")["exhaustive"]


def test_every_service_stands_within_the_walls() -> None:
    """A new service under `aws` is listed among those that do not see each other."""
    rooms = contract("rooms-of-aws")
    shared = {f"controller.aws.{room}" for room in ("client", "declaration", "structures")}
    services = packages(ROOT / "controller" / "aws") - shared
    (siblings,) = [layer.split(" | ") for layer in rooms["layers"] if "|" in layer]
    assert services == {f"controller.aws.{name}" for name in siblings}
    assert rooms["exhaustive"]


IMPURE = {"asyncio", "gc", "glob", "io", "os", "random", "shutil", "socket", "subprocess", "tempfile"}
IMPURE |= {"threading", "time", "urllib"}


def test_the_core_is_pure() -> None:
    """What decides reads no file, clock or environment and steers nothing: what it needs is handed to it."""
    for path in (ROOT / "controller" / "core").rglob("*.py"):
        found = set[str]()
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.Import():
                    found |= {each.name.split(".")[0] for each in node.names} & {*IMPURE, "pathlib"}
                case ast.ImportFrom(module="pathlib"):
                    found |= {each.name for each in node.names if not each.name.startswith("Pure")}
                case ast.ImportFrom(module=str(module)):
                    found |= {module.split(".")[0]} & IMPURE
                case ast.Call(func=ast.Name(id="open" | "input" | "print" as name)):
                    found.add(name)
                case ast.Call(func=ast.Attribute(attr="now" | "today" | "utcnow" as name)):
                    found.add(name)
        assert set() == found, path


def test_no_waived_complexity_in_the_core_and_the_engine() -> None:
    """Where the decisions are taken, what is too complex is rewritten, not excused."""
    waiver = re.compile(r"#\s*noqa:.*\b(C901|PLR09\d\d)")
    places = [path for path in code() if {"core", "engine"} & set(path.relative_to(ROOT).parts)]
    assert [] == [path for path in places if waiver.search(path.read_text())]


def test_module_names_say_what_a_module_is_for() -> None:
    """There is no drawer for odds and ends, and no word that the glossary does not use."""
    parts = {part for path in code() for part in path.relative_to(ROOT).with_suffix("").parts}
    assert set() == {part for part in parts for word in part.split("_") if FORBIDDEN_WORD.fullmatch(word)}


def test_no_file_is_too_long_to_be_read() -> None:
    """What grows beyond a sitting is cut along a seam in time: modules at 400 lines, tests and benchmarks at 500."""
    lengths = {path: len(path.read_text().splitlines()) for path in code()}
    modules = {path for path in lengths if path.relative_to(ROOT).parts[0] in {"controller", "emulators"}}
    assert [] == [path for path, length in lengths.items() if length > LONGEST_FILE]
    assert [] == [path for path in modules if lengths[path] > LONGEST_MODULE]


def test_the_licence_is_there_in_full() -> None:
    """The terms are Apache-2.0, unabridged."""
    text = (ROOT / "LICENSE").read_text()
    assert "Apache License" in text
    assert "END OF TERMS AND CONDITIONS" in text
    assert PROJECT["project"]["license"] == "Apache-2.0"


def test_no_test_reaches_beyond_this_machine() -> None:
    """A forgotten fake is an error, not a request to somebody's account."""
    with pytest.raises(SocketConnectBlockedError), socket.socket() as outside:
        outside.connect(("192.0.2.1", 443))


def test_no_test_sees_real_credentials() -> None:
    """Whatever the machine is set up for, a test has dummies."""
    assert os.environ["AWS_ACCESS_KEY_ID"] == os.environ["AWS_SECRET_ACCESS_KEY"] == "testing"
    assert os.environ["AWS_CONFIG_FILE"] == os.environ["AWS_SHARED_CREDENTIALS_FILE"] == os.devnull
    assert not {"AWS_PROFILE", "AWS_ENDPOINT_URL"} & os.environ.keys()


@pytest.mark.xdist_group("dear")
def test_what_is_grouped_is_told_apart(request: pytest.FixtureRequest) -> None:
    """Tests of a group run in one worker, which makes what is dear once: not every pytest lets xdist group them."""
    grouping = bool(getattr(request.config.option, "loadgroup", False))
    assert grouping == request.node.nodeid.endswith("@dear")
