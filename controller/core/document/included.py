"""Files that stand in a document as values, read with it and before it is validated: a kind sees plain values.

    {file: user-data.sh}                where a text belongs: the text of the file
    {file: logo.png, as: base64}        the same, in base64
    {file: policy.json}                 where a JSON document belongs: the document, as JSON or YAML
    {folder: site}                      where a mapping of texts belongs: every file below, by its path, in base64

Paths are relative to the document's folder. Inside a JSON document a mapping with the key `file` is JSON like
any other; only the text of `{text: {file: …}, with: {…}}` is read from a file there too.
"""

import json
import stat
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from controller.core.document.yaml_source import MAX_BYTES, DocumentError, Loc, Part, Problem, path_text, read_parts
from controller.core.model.cloud import HoldfastError
from controller.core.model.kind import Catalog
from controller.core.model.shape import Many, Record, Scalar, Shape, Table
from controller.core.model.spec import Tagged

MAX_FILES = 1_000
"""How many files a folder may hold that is included."""
RESOURCES: Loc = ("spec", "resources")
_LIMIT = f"{MAX_BYTES // 1024 // 1024} MiB"
_SMALLER = "put content this large into a bucket, and its location there into the document"
_RELATIVE = "paths are relative to the folder of the document"

_BY_KEY = Table(Scalar(str))
"""How elements with a key may stand in a document that have one text each: a mapping, see the kind."""

E = TypeVar("E", bound=BaseException)
Stamp = tuple[str | int, ...]


def stamp(path: Path) -> Stamp:
    """What changes when a file or folder does: its place, times and size."""
    try:
        status = path.stat()
    except (OSError, ValueError) as error:  # gone, or not readable: who reads it says so, at its place
        return str(path), getattr(error, "errno", None) or 0
    return str(path), status.st_ino, status.st_mtime_ns, status.st_ctime_ns, status.st_size


def changed(stamps: Mapping[Path, Stamp]) -> bool:
    """Whether anything is no longer as it was when it got its stamp."""
    return any(stamp(path) != seen for path, seen in stamps.items())


class Refusal(HoldfastError):
    """Why a file cannot stand where a document wants it, and what would be right."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


@dataclass
class Files:
    """The files beside the documents, each read once. What cannot be read raises `Refusal`."""

    stamps: dict[Path, Stamp] = field(default_factory=dict)
    """Every file and folder that was looked at, there or not, as it was just before."""
    contents: dict[Path, bytes] = field(default_factory=dict)

    def content(self, path: Path) -> bytes:
        """What a file holds."""
        if path not in self.contents:
            with _telling(path):
                self.contents[path] = self.read(path)
        return self.contents[path]

    def read(self, path: Path) -> bytes:
        mode = self.mode(path)
        if stat.S_ISDIR(mode):
            raise Refusal(f"{_shown(path)} is a folder", "a file is expected here")
        if not stat.S_ISREG(mode):
            raise Refusal(f"{_shown(path)} is not a regular file")
        with path.open("rb") as opened:
            content = opened.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            raise Refusal(f"{_shown(path)} is larger than {_LIMIT}", _SMALLER)
        return content

    def below(self, folder: Path) -> list[Path]:
        """Every file below a folder, hidden ones and those behind links too."""
        found: list[Path] = []
        with _telling(folder):
            if not stat.S_ISDIR(self.mode(folder)):
                raise Refusal(f"{_shown(folder)} is a file", "a folder is expected here")
            for place in self.folders(folder):
                found += [path for path in place.iterdir() if not path.is_dir()]
                if len(found) > MAX_FILES:
                    raise Refusal(f"{_shown(folder)} holds more than {MAX_FILES:,} files", _SMALLER)
        return found

    def folders(self, folder: Path) -> Iterator[Path]:
        """The folder and all below it; a link that leads round in a circle is refused."""
        waiting = [folder]
        while waiting:
            place = waiting.pop()
            self.mode(place)
            above = (each.resolve() for each in place.parents if each.is_relative_to(folder))
            if place.resolve() in above:
                raise Refusal(f"{_shown(place)} leads back to a folder that contains it", "remove the link")
            yield place
            waiting += [path for path in place.iterdir() if path.is_dir()]

    def mode(self, path: Path) -> int:
        """What sort of thing it is; its stamp is taken before anything of it is read."""
        self.stamps.setdefault(path, stamp(path))
        return path.stat().st_mode


class NoFiles(Files):
    """What stands in a cluster has no files beside it, and the controller's own are nobody's business."""

    def content(self, path: Path) -> bytes:
        """Raises `Refusal`."""
        raise _none_beside()

    def below(self, folder: Path) -> list[Path]:
        """Raises `Refusal`."""
        raise _none_beside()


def _none_beside() -> Refusal:
    return Refusal("a Stack in Kubernetes cannot include files", "write the content in the document itself")


@contextmanager
def _telling(path: Path) -> Iterator[None]:
    """The system's errors in words for people."""
    try:
        yield
    except FileNotFoundError:
        raise Refusal(f"{_shown(path)} does not exist", _RELATIVE) from None
    except (OSError, ValueError) as error:
        reason = str(getattr(error, "strerror", None) or error).lower()
        raise Refusal(f"{_shown(getattr(error, 'filename', None) or path)} cannot be read: {reason}") from None


def _shown(path: Path | str) -> str:
    return str(path) if str(path).isprintable() else json.dumps(str(path))


def _encodable(name: str) -> str:
    if not name.isascii() and any("\ud800" <= letter <= "\udfff" for letter in name):
        raise Refusal(f"the file name {_shown(name)} is not UTF-8", "rename the file")
    return name


@dataclass
class Inclusion:
    """Puts the files that one document names in their places; what is wrong goes to `problems`."""

    file: str
    """The document, as it is shown; standard input stands in the working directory."""
    catalog: Catalog
    files: Files
    problems: list[Problem]

    def document(self, part: Part, loc: Loc = ()) -> Part:
        """The document, or what stands at `loc` in it, with files in the fields of its nodes as plain values."""
        if len(loc) == len(RESOURCES) + 2:
            return self.value(part, self.catalog[str(loc[-2])].shape, loc)
        on_the_way = loc == RESOURCES[: len(loc)] or (loc[:-1] == RESOURCES and loc[-1] in self.catalog)
        return _within(part, loc, self.document) if on_the_way and isinstance(part.value, dict) else part

    def value(self, part: Part, shape: Shape, loc: Loc) -> Part:
        """What stands at `loc`, with files in all places of its shape."""
        match shape:
            case _ if not part.parts:  # what nearly all values are
                return part
            case Record():
                return _within(part, loc, lambda each, at: self.member(each, shape, at))
            case Many() if isinstance(part.value, list):
                return _within(part, loc, lambda each, at: self.value(each, shape.item, at))
            case Many():
                return self.table(part, _BY_KEY, loc) if shape.key else part
            case Table():
                return self.table(part, shape, loc)
            case Scalar():
                return self.scalar(part, shape, loc)

    def scalar(self, part: Part, shape: Scalar, loc: Loc) -> Part:
        if shape.type is dict:
            return self.json(part, loc)
        return self.text(part, loc) if shape.type is str and not shape.to else self.filled(part, loc)

    def member(self, part: Part, record: Record, loc: Loc) -> Part:
        """A field of a record; tags are short words, and a document tells them itself."""
        known = record.fields.get(str(loc[-1]))
        tags = loc[-1] == "tags" and issubclass(record.spec, Tagged)
        return self.value(part, known.shape, loc) if known and not tags else part

    def table(self, part: Part, shape: Table, loc: Loc) -> Part:
        if part.parts.keys() == {"folder"} and shape.value.type is str and isinstance(part.value["folder"], str):
            return self.put(part, loc, lambda: self.read_folder(part.value["folder"]), {})
        return _within(part, loc, lambda each, at: self.value(each, shape.value, at))

    def text(self, part: Part, loc: Loc) -> Part:
        """A text: a file's, or one with holes. What cannot be read is stood in for by what no rule faults."""
        if _names_file(part):
            return self.put(part, loc, lambda: self.read_text(part.value), {"text": ""})
        return self.filled(part, loc)

    def filled(self, part: Part, loc: Loc) -> Part:
        """The text of `{text: …, with: …}` may be a file's, also further inside."""
        if "text" in part.parts and part.parts.keys() <= {"text", "with"}:
            return _within(part, loc, self.inside_text)
        return part

    def inside_text(self, part: Part, loc: Loc) -> Part:
        if loc[-1] == "with":
            return _within(part, loc, self.filled)
        return self.put(part, loc, lambda: self.read_text(part.value), "") if _names_file(part) else part

    def json(self, part: Part, loc: Loc) -> Part:
        if _names_file(part):
            return self.put(part, loc, lambda: self.read_json(part.value), {})
        return self.free(part, loc)

    def free(self, part: Part, loc: Loc) -> Part:
        """Inside JSON only a text with holes is more than it seems."""
        with_holes = part.parts.keys() == {"text", "with"}
        return self.filled(part, loc) if with_holes else _within(part, loc, self.free)

    def put(self, part: Part, loc: Loc, read: Callable[[], Any], instead: Any) -> Part:
        """What is read, in the place of the mapping that asks for it; `instead` where it cannot be."""
        try:
            return Part(read(), part.mark)
        except* Refusal as refused:
            for each in _all_of(refused):
                self.problems.append(Problem(self.file, *part.mark, path_text(loc), str(each), each.hint))
        except* DocumentError as wrong:
            self.problems += [problem for each in _all_of(wrong) for problem in each.problems]
        return Part(instead, part.mark)

    # --- what the forms say ---

    def read_text(self, form: Mapping[str, Any]) -> str:
        path = self.place(form["file"])
        content = self.files.content(path)
        if "as" not in form:
            return _decoded(content, path)
        if form["as"] != "base64":
            raise Refusal("a file is included as text, or with `as: base64`", "omit `as` to include it as text")
        return b64encode(content).decode()

    def read_json(self, form: Mapping[str, Any]) -> dict[str, Any]:
        path, problems = self.place(form["file"]), list[Problem]()
        if "as" in form:
            raise Refusal("a JSON document is included as it is", "omit `as`")
        parts = read_parts(self.files.content(path), _shown(path), problems)
        if problems:
            raise DocumentError(problems)
        if len(parts) != 1 or not isinstance(parts[0].value, dict):
            raise Refusal(f"{_shown(path)} does not contain a single mapping", "a JSON document is expected here")
        whole: dict[str, Any] = parts[0].value
        return whole

    def read_folder(self, name: str) -> dict[str, str]:
        """All files of a folder, or all that is wrong with them."""
        folder, found, refused, total = self.place(name), dict[str, str](), list[Refusal](), 0
        for path in sorted(self.files.below(folder), key=lambda path: path.relative_to(folder).as_posix()):
            try:
                content = self.files.content(path)
                total += len(content)
                found[_encodable(path.relative_to(folder).as_posix())] = b64encode(content).decode()
            except Refusal as refusal:
                refused.append(refusal)
            if total > MAX_BYTES:
                refused.append(Refusal(f"the files in {_shown(folder)} are larger than {_LIMIT} in total", _SMALLER))
                break
        if refused:
            raise ExceptionGroup(name, refused)
        return found

    def place(self, name: object) -> Path:
        """The path of a file or folder that the document names."""
        if not isinstance(name, str) or not name:
            raise Refusal("a path must be a string, and not empty", "write it relative to the folder of the document")
        if Path(name).is_absolute():
            raise Refusal(
                f"{_shown(name)} is an absolute path, which means something else on another machine", _RELATIVE
            )
        return Path(self.file).parent / name


def _within(part: Part, loc: Loc, inner: Callable[[Part, Loc], Part]) -> Part:
    """The same mapping or list with `inner` done to each of its parts; itself where nothing changes."""
    parts = {key: inner(each, (*loc, key)) for key, each in part.parts.items()}
    if all(each is part.parts[key] for key, each in parts.items()):
        return part
    fresh = Part([] if isinstance(part.value, list) else {}, part.mark)
    fresh.keys = part.keys
    for key, each in parts.items():
        fresh.add(key, each)
    return fresh


def _names_file(part: Part) -> bool:
    return "file" in part.parts and part.parts.keys() <= {"file", "as"}


def _decoded(content: bytes, path: Path) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        message = f"{_shown(path)} is not UTF-8 text (byte {error.start})"
        raise Refusal(message, "add `as: base64` beside `file` where AWS accepts base64") from None


def _all_of(group: BaseExceptionGroup[E]) -> Iterator[E]:
    """The exceptions of a group, those in groups within it too."""
    for each in group.exceptions:
        if isinstance(each, BaseExceptionGroup):
            yield from _all_of(each)
        else:
            yield each
