"""The image as a pod runs it: another user, a root file system that is read-only, no home, nothing but itself."""

import re
import shutil
import signal
import socket
import stat
import threading
import tomllib
from collections.abc import Iterator
from importlib.metadata import Distribution, distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from emulators.ec2.store import Members
from tests.cli.kit import Account, document, fetch, operations, series, until
from tests.image.building import ROOT, Image
from tests.image.conftest import ACCESS, Contained, ran
from tests.kube.cluster import ADMIN
from tests.kube.conftest import cluster as cluster  # noqa: PLC0414 - a fixture is shared by its name
from tests.kube.conftest import place as place  # noqa: PLC0414 - see above
from tests.kube.conftest import serving as serving  # noqa: PLC0414 - see above
from tests.kube.operating import Place

pytestmark = pytest.mark.timeout(300)  # the first of them waits for the image

MOST_MEGABYTES = 80
UNUSED = {"aiohttp", "aiohttp-retry"}
"""What the Kubernetes client needs for its asynchronous half."""
SERVICE_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"
ON_THE_EMULATOR = ("controller.cli.commands.demo", "controller.cli.commands.emulator")
"""What needs the emulator, which an image does not have."""
IMPORTING = """
import pkgutil, sys
from importlib import import_module
import controller
for each in pkgutil.walk_packages(controller.__path__, "controller."):
    if each.name not in ON_THE_EMULATOR:
        import_module(each.name)
print(*sorted(sys.modules))
"""


@pytest.fixture
def documents(tmp_path: Path) -> str:
    """A folder with a document, which others may read."""
    folder = tmp_path / "documents"
    folder.mkdir()
    (folder / "small.yaml").write_text(document())
    tmp_path.chmod(0o755)
    return str(folder)


# --- what it does ---


def test_it_says_its_version(image: Image) -> None:
    """`holdfast` is the entry point, and the version is the label's."""
    said = ran(image, "--version")
    assert (0, f"holdfast {image.labels['org.opencontainers.image.version']}\n", "") == (
        said.code,
        said.out,
        said.err,
    )


def test_it_validates_documents(image: Image) -> None:
    """The reference documents, from a volume."""
    said = ran(image, "validate", "/desired", mounts={ROOT / "desired": "/desired"})
    assert 0 == said.code, said.err
    assert 3 == said.out.count(" is valid, ")


def test_it_keeps_a_stack(image: Image, ec2: Account, documents: str) -> None:
    """`run --once` makes what the document says, with nowhere to write, and says that it cannot lock anything."""
    settings = {**ACCESS, "AWS_ENDPOINT_URL": ec2.url}
    said = ran(image, "run", "/documents", "--once", mounts={documents: "/documents"}, **settings)
    assert 0 == said.code, said.err
    assert ["CreateVpc"] == operations(ec2)
    assert 1 == said.err.count('"no lock"')


def test_it_runs_until_it_is_told_to_stop(image: Image, ec2: Account, documents: str) -> None:
    """As number 1 of a container: it serves, is healthy, and a SIGTERM ends it in good order."""
    settings = {**ACCESS, "AWS_ENDPOINT_URL": ec2.url}
    words = ("run", "/documents", "--address", "127.0.0.1:0")
    with Contained(image, *words, mounts={documents: "/documents"}, **settings) as running:
        address = running.address()
        until(lambda: fetch(f"{address}/readyz")[0] == 200, lambda: running.said)
        assert 0 == running.stop()[0]


def test_it_operates_a_cluster(image: Image, place: Place, tmp_path: Path) -> None:
    """On a real API server, reached as from a pod, the operator leads, makes what a Stack says and writes that down,
    with what is left of the Kubernetes client."""
    account = tmp_path / "account"
    account.mkdir()
    (account / "token").write_text(ADMIN)
    (account / "ca.crt").write_bytes(place.cluster.authority.read_bytes())
    (account / "namespace").write_text(place.namespace)
    tmp_path.chmod(0o755)
    host, _, port = place.cluster.url.removeprefix("https://").partition(":")
    pod = {"KUBERNETES_SERVICE_HOST": host, "KUBERNETES_SERVICE_PORT": port, "AWS_ENDPOINT_URL": place.ec2.url}
    words = ("operator", "--namespace", place.namespace, "--interval", "1s", "--address", "127.0.0.1:0")
    place.apply()
    with Contained(image, *words, mounts={account: SERVICE_ACCOUNT}, **ACCESS, **pod) as operator:
        until(lambda: operations(place.ec2), lambda: operator.said)
        place.ready()
        assert [1.0] == series(fetch(f"{operator.address()}/metrics")[1], "holdfast_leader")
        assert ["CreateVpc"] == operations(place.ec2)
        assert 0 == operator.stop()[0]


# --- its health ---


def test_what_serves_is_healthy_while_its_loop_turns(image: Image, ec2: Account, documents: str) -> None:
    """The health check finds the address that the command was given; a program that hangs is not healthy."""
    settings = {**ACCESS, "AWS_ENDPOINT_URL": ec2.url}
    port = free_port()
    for address in ((f"--address=127.0.0.1:{port}",), ("--address", f":{port}")):
        words = ("run", "/documents", *address)
        with Contained(image, *words, mounts={documents: "/documents"}, **settings) as running:
            running.address()
            assert (0, "") == running.healthy()
            if address[1:]:
                running.send(signal.SIGSTOP)
                code, why = running.healthy()
                assert (1, True) == (code, "timed out" in why)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def test_what_runs_to_its_end_is_healthy(image: Image, ec2: Account, documents: str) -> None:
    """A command that serves nothing is never found ill, however long it takes."""
    answering = threading.Event()

    def hold(operation: str, parameters: Members, moment: str) -> None:
        answering.wait(60)

    ec2.before_reply = hold
    settings = {**ACCESS, "AWS_ENDPOINT_URL": ec2.url}
    with Contained(image, "apply", "/documents", "--yes", mounts={documents: "/documents"}, **settings) as applying:
        until(lambda: "DescribeVpcs" in {call.operation for call in ec2.calls}, lambda: applying.said)
        assert (0, "") == applying.healthy()
        answering.set()
        assert 0 == applying.wait()


# --- what is in it ---


def files(image: Image) -> Iterator[Path]:
    """All that the image has of its own, beside the base image's system."""
    return (image.root / "opt").rglob("*")


def test_nothing_in_it_can_be_changed(image: Image) -> None:
    """All is root's, and nobody else may write it; it is not root that it runs as."""
    changeable = [p for p in files(image) if (p.lstat().st_uid, p.lstat().st_gid) != (0, 0) or writable(p)]
    assert [] == changeable
    uid, _, gid = image.user.partition(":")
    assert int(uid) > 0
    assert int(gid) > 0
    said = ran(image, "-c", "touch /opt/holdfast/x /tmp/x /home/x ~/x; id", entrypoint="sh")
    assert 4 == said.err.count("touch: cannot touch")
    assert f"uid={uid} gid={gid} groups={gid}" in said.out


def writable(path: Path) -> bool:
    """Whether others than the owner may write it; a link says nothing of its own."""
    mode = path.lstat().st_mode
    return not stat.S_ISLNK(mode) and bool(mode & (stat.S_IWGRP | stat.S_IWOTH))


def library(image: Image) -> Path:
    """Where its packages are."""
    (found,) = (image.root / "opt/holdfast/lib").glob("python3.*/site-packages")
    return found


def installed(image: Image) -> dict[str, Distribution]:
    """The packages in it, by what their own metadata tells, which is what an inventory is made from."""
    return {canonicalize_name(each.metadata["Name"]): each for each in distributions(path=[str(library(image))])}


def test_its_packages_are_those_that_holdfast_needs(image: Image) -> None:
    """What is installed is what Holdfast and its operator ask for, at first and at second hand, in the versions of
    the lock: no pip, no emulator, nothing of the Kubernetes client's asynchronous half."""
    found = installed(image)
    needed = {*needs(found, "holdfast", "operator")}
    assert found.keys() == needed
    locked = re.findall(r"^(\S+)==(\S+)", (ROOT / "requirements-runtime.lock").read_text(), re.MULTILINE)
    assert {name: each.version for name, each in found.items() if name != "holdfast"} == {
        name: version for name, version in locked if name in needed
    }


def needs(found: dict[str, Distribution], name: str, extra: str = "") -> Iterator[str]:
    """A package and all that it needs."""
    yield name
    for requirement in map(Requirement, found[name].requires or ()):
        needed = canonicalize_name(requirement.name)
        applies = not requirement.marker or requirement.marker.evaluate({"extra": extra})
        if applies and needed not in UNUSED:
            yield from needs(found, needed)


def test_each_package_can_be_listed(image: Image) -> None:
    """Name, version and licence of each are in the image, for who makes an inventory of it."""
    for each in installed(image).values():
        assert each.metadata["Name"]
        assert each.version
        licences = (*each.metadata.get_all("License-Expression", ()), *each.metadata.get_all("License", ()))
        assert licences or "License ::" in str(each.metadata.get_all("Classifier")), each.metadata["Name"]


def test_every_module_finds_what_it_imports(image: Image) -> None:
    """All of Holdfast but what runs on the emulator is imported there, and brings no module of what is not in it."""
    script = IMPORTING.replace("ON_THE_EMULATOR", str(ON_THE_EMULATOR))
    said = ran(image, "-c", script, entrypoint="python")
    assert (0, "") == (said.code, said.err)
    assert {"controller.kube.api", "controller.cli.commands.operator"} <= {*said.out.split()}


def test_it_is_small(image: Image) -> None:
    """Beside the base image it is no larger than this."""
    assert sum(path.lstat().st_size for path in files(image)) < MOST_MEGABYTES * 1e6


def test_it_starts_without_compiling(image: Image) -> None:
    """Every module that is imported has its bytecode, Python's own too: nothing could be kept at run time."""
    said = ran(image, "-vc", "import controller.cli.main, controller.kube.api, urllib.request", entrypoint="python")
    assert 0 == said.code
    read = re.findall(r"^# code object from '?(/\S+?)'?$", said.err, re.MULTILINE)
    assert len(read) > 300
    assert [] == [path for path in read if not path.endswith(".pyc")]


def test_the_labels_say_what_it_is(image: Image) -> None:
    """Version and licence are the project's, and the base image is named."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    labels = {name.removeprefix("org.opencontainers.image."): value for name, value in image.labels.items()}
    assert (project["version"], project["license"]) == (labels["version"], labels["licenses"])
    assert {"title", "description", "vendor", "revision", "created", "base.name"} <= labels.keys()
    assert "" not in labels.values()


def test_the_build_leaves_no_trace_of_itself(image: Image) -> None:
    """No cache, no source and no build tool is in it."""
    assert ["holdfast"] == sorted(path.name for path in (image.root / "opt").iterdir())
    assert [] == [name for name in ("src", "dist", "root/.cache") if (image.root / name).exists()]
    assert shutil.which("pip", path=str(image.root / "opt/holdfast/bin")) is None
