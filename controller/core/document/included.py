"""Files that stand in a document as values, read with it and before it is validated: a kind sees plain values.

    {file: user-data.sh}                where a text belongs: the text of the file
    {file: logo.png, as: base64}        the same, in base64
    {file: policy.json}                 where a JSON document belongs: the document, as JSON or YAML
    {folder: site}                      where a mapping of texts belongs: every file below, by its path, in base64

Paths are relative to the document's folder. Inside a JSON document a mapping with the key `file` is JSON like
any other; only the text of `{text: {file: …}, with: {…}}` is read from a file there too.
"""

from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, TypeVar

from controller.core.document.part import Part
from controller.core.document.problem import DocumentError, Loc, Problem, path_text
from controller.core.document.source import LIMIT, MAX_BYTES, RELATIVE, SMALLER, Files, Unreadable, shown
from controller.core.document.yaml_source import read_parts
from controller.core.model.kind import Catalog
from controller.core.model.shape import Many, Record, Scalar, Shape, Table
from controller.core.model.spec import Tagged

RESOURCES: Loc = ("spec", "resources")
_BY_KEY = Table(Scalar(str))
"""How elements with a key may stand in a document that have one text each: a mapping, see the kind."""

E = TypeVar("E", bound=BaseException)


def _encodable(name: str) -> str:
    if not name.isascii() and any("\ud800" <= letter <= "\udfff" for letter in name):
        raise Unreadable(f"the file name {shown(name)} is not UTF-8", "rename the file")
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
                return _within(part, loc, lambda inner, at: self.member(inner, shape, at))
            case Many() if isinstance(part.value, list):
                return _within(part, loc, lambda inner, at: self.value(inner, shape.item, at))
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
        free = shape.value.type is str and not shape.value.choices  # what is one of a few words is no file's text
        if part.parts.keys() == {"folder"} and free and isinstance(part.value["folder"], str):
            return self.put(part, loc, lambda: self.read_folder(part.value["folder"]), {})
        return _within(part, loc, lambda inner, at: self.value(inner, shape.value, at))

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
        except* Unreadable as refused:
            for refusal in _all_of(refused):
                self.problems.append(Problem(self.file, *part.mark, path_text(loc), str(refusal), refusal.hint))
        except* DocumentError as wrong:
            self.problems += [problem for error in _all_of(wrong) for problem in error.problems]
        return Part(instead, part.mark)

    # --- what the forms say ---

    def read_text(self, form: Mapping[str, Any]) -> str:
        path = self.place(form["file"])
        content = self.files.content(path)
        if "as" not in form:
            return _decoded(content, path)
        if form["as"] != "base64":
            raise Unreadable("a file is included as text, or with `as: base64`", "omit `as` to include it as text")
        return b64encode(content).decode()

    def read_json(self, form: Mapping[str, Any]) -> dict[str, Any]:
        path, problems = self.place(form["file"]), list[Problem]()
        if "as" in form:
            raise Unreadable("a JSON document is included as it is", "omit `as`")
        parts = read_parts(self.files.content(path), shown(path), problems)
        if problems:
            raise DocumentError(problems)
        if len(parts) != 1 or not isinstance(parts[0].value, dict):
            raise Unreadable(f"{shown(path)} does not contain a single mapping", "a JSON document is expected here")
        whole: dict[str, Any] = parts[0].value
        return whole

    def read_folder(self, name: str) -> dict[str, str]:
        """All files of a folder, or all that is wrong with them."""
        folder, files, refused, total = self.place(name), dict[str, str](), list[Unreadable](), 0
        for path, place in sorted(self.files.below(folder).items()):
            try:
                content = self.files.content(place)
                total += len(content)
                files[_encodable(path)] = b64encode(content).decode()
            except Unreadable as refusal:
                refused.append(refusal)
            if total > MAX_BYTES:
                refused.append(Unreadable(f"the files in {shown(folder)} are larger than {LIMIT} in total", SMALLER))
                break
        if refused:
            raise ExceptionGroup(name, refused)
        return files

    def place(self, name: object) -> str:
        """The path of a file or folder that the document names."""
        if not isinstance(name, str) or not name:
            raise Unreadable(
                "a path must be a string, and not empty", "write it relative to the folder of the document"
            )
        if PurePath(name).is_absolute():
            raise Unreadable(
                f"{shown(name)} is an absolute path, which means something else on another machine", RELATIVE
            )
        return self.files.beside(self.file, name)


def _within(part: Part, loc: Loc, inner: Callable[[Part, Loc], Part]) -> Part:
    """The same mapping or list with `inner` done to each of its parts; itself where nothing changes."""
    parts = {key: inner(item, (*loc, key)) for key, item in part.parts.items()}
    if all(item is part.parts[key] for key, item in parts.items()):
        return part
    fresh = Part([] if isinstance(part.value, list) else {}, part.mark)
    fresh.keys = part.keys
    for key, item in parts.items():
        fresh.add(key, item)
    return fresh


def _names_file(part: Part) -> bool:
    return "file" in part.parts and part.parts.keys() <= {"file", "as"}


def _decoded(content: bytes, place: str) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        message = f"{shown(place)} is not UTF-8 text (byte {error.start})"
        raise Unreadable(message, "add `as: base64` beside `file` where AWS accepts base64") from None


def _all_of(group: BaseExceptionGroup[E]) -> Iterator[E]:
    """The exceptions of a group, those in groups within it too."""
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _all_of(error)
        else:
            yield error
