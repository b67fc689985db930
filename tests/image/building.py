"""The image without a container engine: the Dockerfile's own instructions, carried out in roots of their own.

Each stage is a folder that becomes the root of what is run in it: the machine's system folders, read-only, for those
of the base image, and a copy of a Python where the base image has its own. Needs Linux and root, as an engine does.

`python -m tests.image.building FOLDER` builds into a folder and says what came of it.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.image import context
from tests.image.dockerfile import Instruction, Stage, read, replaced

ROOT = Path(__file__).resolve().parents[2]
ENTER = Path(__file__).with_name("enter.sh")
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
SYSTEM = ("usr/bin", "usr/lib", "usr/lib32", "usr/lib64", "usr/libexec", "usr/libx32", "usr/sbin", "usr/share")
PATH = "/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin"
OF_THE_MACHINE = ("PIP_", "SSL_CERT_", "REQUESTS_CA_", "CURL_CA_", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")
"""Settings of how packages are reached; they go into what is run in a build, and not into the image."""
LEFT_OUT = ("__pycache__", "test", "tests", "idle_test", "*.pyc", "site-packages")
"""What the official images of Python have none of; of the site-packages they have pip."""

Mounts = Mapping[str | Path, str]
"""What is seen inside, by where it is outside."""


@dataclass
class Image:
    """What an image is: a root, and how a container is started in it."""

    root: Path
    environment: dict[str, str] = field(default_factory=dict)
    folder: str = "/"
    user: str = "0:0"
    entrypoint: tuple[str, ...] = ()
    health: tuple[str, ...] = ()
    labels: dict[str, str] = field(default_factory=dict)

    def path(self, inside: str) -> Path:
        """A path of the image, from outside."""
        return self.root / (Path(self.folder) / inside).relative_to("/")

    def entering(self, words: list[str], access: str, mounts: Mounts) -> list[str]:
        """The words that start a command in the image."""
        for inside in mounts.values():
            self.path(inside).mkdir(parents=True, exist_ok=True)
        shown = [f"{outside}:{inside}" for outside, inside in mounts.items()]
        unshare = ("unshare", "--mount", "--pid", "--fork", "--kill-child")
        into = ("/usr/bin/env", f"--chdir={self.folder}", *words)
        return [*unshare, str(ENTER), str(self.root), access, *shown, "--", *into]

    def container(self, *words: str, mounts: Mounts | None = None, entrypoint: str = "") -> list[str]:
        """The words that start a container, as strict as a pod may be: no rights, and nowhere to write."""
        command = (entrypoint,) if entrypoint else self.entrypoint
        return self.entering([*self.unprivileged, *command, *words], "ro", mounts or {})

    @property
    def unprivileged(self) -> tuple[str, ...]:
        """The words that start a command as the image's user, with no right to gain another."""
        uid, _, gid = self.user.partition(":")
        who = (f"--reuid={uid}", f"--regid={gid}", "--clear-groups")
        return ("setpriv", *who, "--no-new-privs", "--bounding-set=-all", "--inh-caps=-all")


class Build:
    """One build of a Dockerfile."""

    def __init__(self, folder: Path, root: Path = ROOT) -> None:
        self.folder, self.checkout = folder, root
        self.file = read((root / "Dockerfile").read_text())
        self.images: dict[str, Image] = {}

    def image(self) -> Image:
        """The image that the last stage makes."""
        context.copy(self.checkout, self.folder / "context")
        for number, stage in enumerate(self.file.stages):
            image = self.based(stage, self.folder / f"stage-{number}")
            self.carry_out(stage, image)
            self.images[stage.name or "the last"] = image
        return self.images["the last"]

    def based(self, stage: Stage, root: Path) -> Image:
        """The base image, from what this machine has."""
        for name in (*SYSTEM, "etc", "dev", "proc", "root", "tmp", "usr/local"):
            if name == "usr/local" or Path("/", name).is_dir():
                (root / name).mkdir(parents=True)
        (root / "tmp").chmod(0o1777)
        for name in ("bin", "lib", "lib32", "lib64", "libx32", "sbin"):
            if Path("/", name).is_symlink():
                (root / name).symlink_to(Path("/", name).readlink())
        copy_python(python_like(stage.base), root / "usr/local")
        return Image(root, {"PATH": PATH, "LANG": "C.UTF-8", "LD_LIBRARY_PATH": "/usr/local/lib"})

    def carry_out(self, stage: Stage, image: Image) -> None:
        """One instruction after the other."""
        arguments: dict[str, str] = {}
        for each in stage.instructions:
            known = {**arguments, **image.environment}
            match each.word:
                case "ARG":
                    arguments |= self.argument(replaced(each.rest, known))
                case "RUN":
                    self.run(each, image, known)
                case "COPY":
                    self.copy(Instruction(each.word, each.flags, replaced(each.rest, known)), image)
                case _:
                    configure(each, image, known)

    def argument(self, text: str) -> dict[str, str]:
        """An argument with its default, which for one of those before the first stage is there."""
        name, _, default = text.partition("=")
        return {name: default or self.file.arguments.get(name, "")}

    def run(self, instruction: Instruction, image: Image, known: Mapping[str, str]) -> None:
        """`RUN`: a shell in the root, with the caches that it asks for kept on this machine."""
        mounts: dict[str | Path, str] = {}
        wheels = os.environ.get("PIP_FIND_LINKS", "")
        if wheels.startswith("/") and Path(wheels).is_dir():
            mounts[wheels] = wheels
        if asked := instruction.flag("mount"):
            options = dict(option.split("=", 1) for option in asked.split(","))
            assert options.keys() == {"type", "target"}
            assert options["type"] == "cache"
            kept = CACHE / Path(options["target"]).name
            kept.mkdir(parents=True, exist_ok=True)
            mounts[kept] = options["target"]
        given = {name: value for name, value in os.environ.items() if name.upper().startswith(OF_THE_MACHINE)}
        words = image.entering(["/bin/sh", "-c", instruction.rest], "rw", mounts)
        subprocess.run(words, env={"HOME": "/root", **given, **known}, check=True, stdin=subprocess.DEVNULL)
        for inside in mounts.values():
            image.path(inside).rmdir()  # where it was seen

    def copy(self, instruction: Instruction, image: Image) -> None:
        """`COPY`: a folder's contents into a folder, files beside each other into one that ends with a slash."""
        *sources, target = instruction.words
        stage = instruction.flag("from")
        outside = self.images[stage].root if stage else self.folder / "context"
        for source in (outside / each.lstrip("/") for each in sources):
            to = image.path(target)
            if source.is_dir():
                shutil.copytree(source, to, symlinks=True, dirs_exist_ok=True)
            else:
                to = to / source.name if target.endswith("/") else to
                to.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source, to)


def configure(instruction: Instruction, image: Image, known: Mapping[str, str]) -> None:
    """An instruction that says how a container is started, not what is in it."""
    rest = replaced(instruction.rest, known)
    match instruction.word:
        case "ENV":
            image.environment |= Instruction("ENV", (), rest).pairs
        case "LABEL":
            image.labels |= Instruction("LABEL", (), rest).pairs
        case "WORKDIR":
            image.folder = str(Path(image.folder) / rest)
            image.path(".").mkdir(parents=True, exist_ok=True)
        case "USER":
            image.user = rest
        case "ENTRYPOINT":
            image.entrypoint = tuple(instruction.words)
        case "HEALTHCHECK":
            image.health = tuple(Instruction("CMD", (), instruction.rest.removeprefix("CMD ")).words)
        case "EXPOSE":
            pass
        case unknown:
            raise NotImplementedError(unknown)


def python_like(base: str) -> Path:
    """The folder of a Python as the base image has it; of another version, where there is none."""
    version = base.partition(":")[2].partition("-")[0]
    beside = Path(sys.base_prefix).parent.glob(f"{version}.*/bin/python{version}")
    for candidate in (shutil.which(f"python{version}"), *sorted(map(str, beside)), sys.executable):
        words = [candidate or "false", "-c", "import sys; print(sys.base_prefix)"]
        found = subprocess.run(words, capture_output=True, text=True, check=False)
        if found.returncode == 0 and Path(found.stdout.strip()).parts[:2] != ("/", "usr"):
            return Path(found.stdout.strip())
        if found.returncode == 0 and found.stdout.startswith("/usr/local"):
            return Path("/usr/local")
    raise FileNotFoundError(f"no Python {version} outside the system's own folders")


def copy_python(prefix: Path, to: Path) -> None:
    """Python as the official images have it."""
    (library,) = prefix.glob("lib/python3.*/os.py")
    name = library.parent.name
    (to / "lib").mkdir(parents=True)
    (to / "bin").mkdir()
    for found in prefix.glob("lib/libpython*"):
        shutil.copy2(found, to / "lib", follow_symlinks=False)
    shutil.copytree(library.parent, to / "lib" / name, symlinks=True, ignore=shutil.ignore_patterns(*LEFT_OUT))
    for found in prefix.glob(f"lib/{name}/site-packages/pip*"):
        copied = to / "lib" / name / "site-packages" / found.name
        shutil.copytree(found, copied, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy2(prefix / "bin" / name, to / "bin")
    for link in ("python", "python3"):
        (to / "bin" / link).symlink_to(name)


def possible() -> str:
    """Why an image cannot be built here; empty where it can."""
    if sys.platform != "linux" or os.geteuid() != 0:
        return "an image is built by root, on Linux"
    words = ("unshare", "--mount", "--pid", "--fork", "mount", "--make-rprivate", "/")
    if not all(map(shutil.which, ("unshare", "setpriv", "chroot"))) or subprocess.run(words, check=False).returncode:
        return "an image is built in namespaces of its own, which this machine does not allow"
    return ""


if __name__ == "__main__":
    built = Build(Path(sys.argv[1])).image()
    size = sum(path.lstat().st_size for path in (built.root / "opt").rglob("*"))
    print(f"{built.root}: {size / 1e6:.0f} MB in /opt; {' '.join(built.container('--version'))}")  # noqa: T201
