"""The Dockerfile as it is written: linted, pinned, and as narrow as it says."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.image import context
from tests.image.building import ROOT
from tests.image.dockerfile import read

FILE = ROOT / "Dockerfile"


@pytest.fixture
def hadolint() -> str:
    """The linter, which comes with the other tools of development."""
    found = shutil.which("hadolint", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")
    if not found and not os.environ.get("CI"):
        pytest.skip("hadolint is not on the PATH")
    assert found, "hadolint is not on the PATH"
    return found


def test_hadolint_has_nothing_to_say(hadolint: str) -> None:
    """No rule of hadolint is broken, not even one of style, nor one of ShellCheck within a RUN."""
    words = [hadolint, "--no-color", "--failure-threshold", "style", str(FILE)]
    said = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (0, "") == (said.returncode, said.stdout + said.stderr)


def test_the_base_image_can_be_pinned() -> None:
    """Both stages stand on the same image, which one argument names in full: registry, tag, and a digest to come."""
    file = read(FILE.read_text())
    (name,) = file.arguments
    assert re.fullmatch(r"docker\.io/library/python:3\.\d+-slim", file.arguments[name])
    assert {file.arguments[name]} == {stage.base for stage in file.stages}
    makefile = (ROOT / "Makefile").read_text()
    assert f"--build-arg {name}=$(BASE)" in makefile


def test_nothing_is_installed_without_a_hash() -> None:
    """Every install is from a lock that is checked by hash, or from the wheel that was just built."""
    runs = [each.rest for stage in read(FILE.read_text()).stages for each in stage.instructions if each.word == "RUN"]
    installs = [part for run in runs for part in run.split("&&") if " install " in part]
    assert 3 == len(installs)
    for each in installs:
        assert "--require-hashes" in each or "--no-index" in each
    assert [] == [run for run in runs if re.search(r"\b(apt|apk|curl|wget)", run)]


def test_it_does_not_run_as_root() -> None:
    """The image's user is a number, which Kubernetes can tell from root's, and nothing is run as root afterwards."""
    *_, last = read(FILE.read_text()).stages
    words = [each.word for each in last.instructions]
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", last.instructions[words.index("USER")].rest)
    assert not {"RUN", "COPY", "USER"} & {*words[words.index("USER") + 1 :]}


def test_the_version_is_the_projects() -> None:
    """The label says the version that is built, also where nobody hands it in."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    *_, last = read(FILE.read_text()).stages
    assert f"VERSION={project['version']}" in [each.rest for each in last.instructions if each.word == "ARG"]


# --- what a build may take ---


def test_only_what_is_copied_is_let_through() -> None:
    """`.dockerignore` lets through what the Dockerfile copies and nothing else: no tests, no history, no secrets."""
    copied = {
        word
        for stage in read(FILE.read_text()).stages
        for each in stage.instructions
        if each.word == "COPY" and not each.flag("from")
        for word in each.words[:-1]
    }
    found = [*context.let_through(ROOT, context.rules((ROOT / ".dockerignore").read_text()))]
    assert copied == {path.partition("/")[0] for path in found}
    assert [] == [path for path in found if "__pycache__" in path or path.endswith(".pyc")]


@pytest.mark.parametrize(
    ("rules", "path", "ignored"),
    [
        ("*\n!a", "a/b/c", False),
        ("*\n!a", "b/a", True),
        ("*\n!a\n**/x", "a/b/x/c", True),
        ("a/*.py\n", "a/b.py", True),
        ("a/*.py\n", "a/b/c.py", False),
        ("# a\n\nb\n", "a", False),
        ("b\n!b/c", "b/c", False),
    ],
)
def test_patterns_mean_what_they_mean_to_docker(rules: str, path: str, ignored: bool) -> None:
    """The last pattern that fits a path, or a folder that it is in, decides."""
    assert ignored is context.ignored(path, context.rules(rules))


def test_the_file_is_read_as_docker_reads_it() -> None:
    """Lines that go on, comments between them, flags, arguments, JSON: each in the smallest case."""
    run = "RUN --mount=type=cache,target=/c \\\n# c\n  a \\\n  && b"
    file = read(f'# c\nARG A=x\nFROM $A AS one\n{run}\nCMD ["c d", "\\\ne"]\n')
    (stage,) = file.stages
    assert ("x", "one") == (stage.base, stage.name)
    ran, command = stage.instructions
    assert ("type=cache,target=/c", ["a", "&&", "b"]) == (ran.flag("mount"), ran.words)
    assert ["c d", "e"] == command.words
