"""Files that stand in a document as values: what is read, what is refused, and where that is told."""

import io
import json
import os
import sys
from base64 import b64encode
from pathlib import Path
from typing import Any, Literal

import pytest

from controller.core.document.loader import load
from controller.core.document.problem import DocumentError
from controller.core.document.schema import json_schema
from controller.core.document.source import MAX_BYTES, MAX_FILES
from controller.core.model.reference import Address, Placeholder, Text
from controller.core.model.spec import Spec
from controller.sources.files import LocalFiles
from tests.core.kinds import CATALOG, Fake

HEAD = """\
apiVersion: holdfast.dev/v1alpha1
kind: Stack
metadata: {name: web}
spec:
  region: eu-west-1
  resources:
    Network: {main: {cidrBlock: 10.0.0.0/8}}
"""
DOOR = Address("Door", "a")
PLACE = 8, 26
"""Where the value of the only field stands."""


def document(field: str, value: str) -> str:
    """A stack with a door that has this one field, all fields beginning in one column."""
    return f"{HEAD}    Door: {{a: {{{f'{field}: '.ljust(10)}{value}, segments: []}}}}\n"


def fields(folder: Path, field: str, value: str, source: LocalFiles | None = None) -> Any:
    """What the field of the door holds, once the document in `folder` is read."""
    (folder / "a.yaml").write_text(document(field, value))
    (stack,) = load(source or LocalFiles([folder / "a.yaml"]), CATALOG)
    return stack.nodes[DOOR].fields[field]


def refused(folder: Path, field: str, value: str) -> list[str]:
    """What is told of the field, all of it at the mapping that names the file."""
    with pytest.raises(DocumentError) as raised:
        fields(folder, field, value)
    line, column = PLACE
    place = str(folder / "a.yaml"), line, column + (7 if value.startswith("{text: {") else 0)
    assert {place} == {(each.file, each.line, each.column) for each in raised.value.problems}
    return [f"{each.message}; {each.hint}".replace(str(folder), "…") for each in raised.value.problems]


def base64(content: bytes) -> str:
    """As AWS takes bytes in text."""
    return b64encode(content).decode()


# --- what stands there ---


def test_a_text(tmp_path: Path) -> None:
    """The text of a file stands where a text belongs, unchanged down to its line ends."""
    (tmp_path / "hello.sh").write_bytes("#!/bin/sh\r\necho ${HOME} grüß\n".encode())
    assert "#!/bin/sh\r\necho ${HOME} grüß\n" == fields(tmp_path, "greeting", "{file: hello.sh}")


def test_base64(tmp_path: Path) -> None:
    """`as: base64` takes any bytes."""
    (tmp_path / "logo.png").write_bytes(b"\x89PNG\xff")
    assert base64(b"\x89PNG\xff") == fields(tmp_path, "greeting", "{file: logo.png, as: base64}")


def test_at_any_depth(tmp_path: Path) -> None:
    """In the elements of lists and the values of mappings too."""
    (tmp_path / "why.txt").write_text("because")
    assert {"a": "because", "b": "c"} == fields(tmp_path, "labels", "{a: {file: why.txt}, b: c}")
    (tmp_path / "a.yaml").write_text(
        f"{HEAD}    Group: {{a: {{rules: [{{protocol: tcp, port: 1, why: {{file: why.txt}}}}]}}}}"
    )
    (stack,) = load(LocalFiles([tmp_path / "a.yaml"]), CATALOG)
    assert "because" == stack.nodes[Address("Group", "a")].fields["rules"][0]["why"]


def test_an_anchor(tmp_path: Path) -> None:
    """What an alias repeats is read in each of its places, and means there what belongs there."""
    (tmp_path / "a.txt").write_text("text")
    (tmp_path / "a.yaml").write_text(
        HEAD + "    Door: {a: {segments: [], labels: &x {file: a.txt}, greeting: *x, policy: {Allow: *x}}}\n"
    )
    (stack,) = load(LocalFiles([tmp_path / "a.yaml"]), CATALOG)
    expected = {
        "labels": {"file": "a.txt"},
        "greeting": "text",
        "policy": {"Allow": {"file": "a.txt"}},
        "segments": [],
    }
    assert expected == stack.nodes[DOOR].fields


@pytest.mark.parametrize(
    "value",
    [
        "{text: {file: hello.sh}, with: {x: {from: Network/main, attribute: cidrBlock}}}",
        "{text: x, with: {x: {text: {file: hello.sh}, with: {x: {from: Network/main, attribute: cidrBlock}}}}}",
    ],
)
def test_a_text_with_holes(tmp_path: Path, value: str) -> None:
    """A script in a file has holes as a text in the document has, also as a part of another."""
    (tmp_path / "hello.sh").write_text("echo ${x} ${HOME}")
    found = fields(tmp_path, "greeting", value)
    inner = found if "${x}" in found.text else found.parts[0][1]
    assert Text("echo ${x} ${HOME}", (("x", Placeholder(Address("Network", "main"), "cidrBlock")),)) == inner


def test_a_folder(tmp_path: Path) -> None:
    """Every file below, hidden and empty ones too, by its path in the order of paths."""
    for name in ("b.txt", "a/z/y.txt", "a-b.txt", ".hidden"):
        (tmp_path / "site" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "site" / name).write_text(name)
    (tmp_path / "site" / "empty").touch()
    found = fields(tmp_path, "labels", "{folder: site}")
    names = [".hidden", "a-b.txt", "a/z/y.txt", "b.txt"]
    assert {**{name: base64(name.encode()) for name in names}, "empty": ""} == found
    assert [*names, "empty"] == list(found)


def test_folders_behind_links(tmp_path: Path) -> None:
    """A link to a folder is a folder, as often as it is there."""
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "a.txt").write_text("a")
    (tmp_path / "site").mkdir()
    for name in ("x", "y"):
        (tmp_path / "site" / name).symlink_to(tmp_path / "one")
    assert ["x/a.txt", "y/a.txt"] == list(fields(tmp_path, "labels", "{folder: site}"))


def test_json(tmp_path: Path) -> None:
    """A JSON document may be a file whole, and what it refers to is understood."""
    policy = {"Allow": [{"from": "Network/main", "attribute": "arn"}, {"file": "x"}]}
    (tmp_path / "policy.json").write_text(json.dumps(policy, indent="\t"))
    expected = {"Allow": [Placeholder(Address("Network", "main"), "arn"), {"file": "x"}]}
    assert expected == fields(tmp_path, "policy", "{file: policy.json}")


def test_inside_json(tmp_path: Path) -> None:
    """Inside JSON the words are JSON's own, but for the text of a text with holes."""
    (tmp_path / "a.txt").write_text("is ${x}")
    hole = "{x: {from: Network/main, attribute: arn}}"
    found = fields(tmp_path, "policy", f"{{A: {{file: a.txt}}, B: [{{text: {{file: a.txt}}, with: {hole}}}]}}")
    expected = Text("is ${x}", (("x", Placeholder(Address("Network", "main"), "arn")),))
    assert {"A": {"file": "a.txt"}, "B": [expected]} == found


def test_words_that_are_no_file(tmp_path: Path) -> None:
    """Keys of a free mapping may be called so, and a folder that is meant as a word is written as a text."""
    assert {"file": "x"} == fields(tmp_path, "labels", "{file: x}")
    assert {"folder": "x", "b": "c"} == fields(tmp_path, "labels", "{folder: x, b: c}")
    assert {"folder": Text("x", ())} == fields(tmp_path, "labels", "{folder: {text: x}}")


def test_beside_the_document(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A path begins at the folder of the document, wherever the command runs, and may lead upwards."""
    (tmp_path / "web").mkdir()
    (tmp_path / "shared.txt").write_text("shared")
    monkeypatch.chdir(tmp_path.parent)
    assert "shared" == fields(tmp_path / "web", "greeting", "{file: ../shared.txt}")


def test_standard_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A document that comes through a pipe stands in the working directory."""
    (tmp_path / "a.txt").write_text("piped")
    monkeypatch.chdir(tmp_path)
    content = io.BytesIO(document("greeting", "{file: a.txt}").encode())
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(content))
    (stack,) = load(LocalFiles([Path("-")]), CATALOG)
    assert "piped" == stack.nodes[DOOR].fields["greeting"]


# --- what is refused ---

RELATIVE = "paths are relative to the folder of the document"
NAMED = "a path must be a string, and not empty; write it relative to the folder of the document"
SMALLER = "put content this large into a bucket, and its location there into the document"


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("greeting", "{file: no.txt}", f"…/no.txt does not exist; {RELATIVE}"),
        ("greeting", "{text: {file: no.txt}}", f"…/no.txt does not exist; {RELATIVE}"),
        ("greeting", "{file: site}", "…/site is a folder; a file is expected here"),
        ("greeting", "{file: raw/x}", "…/raw/x cannot be read: not a directory; "),
        (
            "greeting",
            "{file: raw}",
            "…/raw is not UTF-8 text (byte 2); add `as: base64` beside `file` where AWS accepts base64",
        ),
        ("greeting", "{file: large}", f"…/large is larger than 5 MiB; {SMALLER}"),
        ("greeting", "{file: pipe}", "…/pipe is not a regular file; "),
        ("greeting", "{file: loop}", "…/loop cannot be read: too many levels of symbolic links; "),
        ("greeting", '{file: "a\\0b"}', '"…/a\\u0000b" cannot be read: embedded null byte; '),
        (
            "greeting",
            "{file: /etc/hosts}",
            f"/etc/hosts is an absolute path, which means something else on another machine; {RELATIVE}",
        ),
        ("greeting", "{file: }", NAMED),
        ("greeting", "{file: 5}", NAMED),
        ("greeting", '{file: ""}', NAMED),
        (
            "greeting",
            "{file: raw, as: hex}",
            "a file is included as text, or with `as: base64`; omit `as` to include it as text",
        ),
        ("labels", "{folder: no}", f"…/no does not exist; {RELATIVE}"),
        ("labels", "{folder: raw}", "…/raw is a file; a folder is expected here"),
        ("labels", "{folder: many}", f"…/many holds more than 1,000 files; {SMALLER}"),
        ("labels", "{folder: heavy}", f"the files in …/heavy are larger than 5 MiB in total; {SMALLER}"),
        (
            "labels",
            "{folder: circle}",
            "…/circle/down/again leads back to a folder that contains it; remove the link",
        ),
        (
            "policy",
            "{file: list.json}",
            "…/list.json does not contain a single mapping; a JSON document is expected here",
        ),
        (
            "policy",
            "{file: list.json, as: base64}",
            "a JSON document is included as it is; omit `as`",
        ),
    ],
)
def test_what_cannot_stand_there(odd: Path, field: str, value: str, told: str) -> None:
    """What is wrong is told once, at the mapping, with what would be right; nothing else is made of it."""
    assert [told] == refused(odd, field, value)


@pytest.fixture
def odd(tmp_path: Path) -> Path:
    """A folder with all that cannot be a value."""
    for name in ("site", "many", "heavy", "circle/down"):
        (tmp_path / name).mkdir(parents=True)
    for number in range(MAX_FILES + 1):
        (tmp_path / "many" / str(number)).touch()
    for name, size in (("large", MAX_BYTES + 1), ("heavy/a", MAX_BYTES // 2 + 1), ("heavy/b", MAX_BYTES // 2 + 1)):
        with (tmp_path / name).open("wb") as opened:
            opened.truncate(size)
    (tmp_path / "raw").write_bytes(b"ab\xff")
    (tmp_path / "list.json").write_text("[1]")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "circle" / "down" / "again").symlink_to(tmp_path / "circle")
    os.mkfifo(tmp_path / "pipe")
    return tmp_path


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read(tmp_path: Path) -> None:
    """The system's reason is told."""
    (tmp_path / "mine").touch(mode=0)
    assert ["…/mine cannot be read: permission denied; "] == refused(tmp_path, "greeting", "{file: mine}")


def test_all_at_once(tmp_path: Path) -> None:
    """All that is wrong in a folder, in other fields and in other nodes is told together."""
    (tmp_path / "site").mkdir()
    for name in ("a", "b"):
        (tmp_path / "site" / name).symlink_to("gone")
    value = "{folder: site}, greeting: {file: no.txt}, weight: heavy"
    with pytest.raises(DocumentError) as raised:
        fields(tmp_path, "labels", value)
    told = [each.message.replace(str(tmp_path), "…") for each in raised.value.problems]
    expected = ["…/site/a does not exist", "…/site/b does not exist", "…/no.txt does not exist"]
    assert [*expected, 'expected a number, found "heavy"'] == told


def test_a_fault_inside_a_file(tmp_path: Path) -> None:
    """What is wrong inside a JSON file is told at its place in that file."""
    (tmp_path / "policy.json").write_text('{"a": 1,\n "a": 2}')
    with pytest.raises(DocumentError) as raised:
        fields(tmp_path, "policy", "{file: policy.json}")
    (problem,) = raised.value.problems
    assert (str(tmp_path / "policy.json"), 2, 2) == (problem.file, problem.line, problem.column)


def test_a_text_that_is_not_valid(tmp_path: Path) -> None:
    """A file's text keeps the rules of its field, and the fault is told at the mapping that names the file."""
    (tmp_path / "a.txt").write_text("ten")
    (tmp_path / "a.yaml").write_text(HEAD + "    Segment: {a: {network: main, cidrBlock: {file: a.txt}}}")
    with pytest.raises(DocumentError) as raised:
        load(LocalFiles([tmp_path / "a.yaml"]), CATALOG)
    (problem,) = raised.value.problems
    assert (8, 45, True) == (problem.line, problem.column, problem.message.startswith('"ten" is not a CIDR block'))


@pytest.mark.parametrize(
    "nodes",
    [
        "Door: {a: {segments: [], weight: {file: a.txt}}}",
        "Door: {a: {segments: [], greeting: {folder: site}}}",
        "Door: {a: {segments: [{file: a.txt}]}}",
        "Group: {a: {tags: {Motd: {file: a.txt}}}}",
        "Group: {a: {rules: {file: a.txt}}}",
    ],
)
def test_where_no_file_belongs(tmp_path: Path, nodes: str) -> None:
    """Numbers, references, tags and lists are written in the document itself."""
    (tmp_path / "a.txt").write_text("5")
    (tmp_path / "a.yaml").write_text(f"{HEAD}    {nodes}\n")
    source = LocalFiles([tmp_path / "a.yaml"])
    with pytest.raises(DocumentError):
        load(source, CATALOG)
    assert {} == source.stamps


class ModesSpec(Spec):
    """What is open."""

    modes: dict[str, Literal["open", "shut"]]
    """Each door's mode."""


class Modes(Fake):
    """Doors by their names."""

    name, spec = "Modes", ModesSpec


def test_a_mapping_of_choices_is_no_folder(tmp_path: Path) -> None:
    """No file holds one of a few words: there the key `folder` is one like any other, for the editors too."""
    (tmp_path / "a.yaml").write_text(
        f"{HEAD.split('    Network', maxsplit=1)[0]}    Modes: {{a: {{modes: {{folder: open}}}}}}\n"
    )
    (stack,) = load(LocalFiles([tmp_path / "a.yaml"]), {"Modes": Modes()})
    assert {"folder": "open"} == stack.nodes[Address("Modes", "a")].fields["modes"]
    assert "Folder" not in str(json_schema({"Modes": Modes()})["$defs"]["ModesSpec"])


# --- what has changed ---


def test_a_change_is_noticed(tmp_path: Path) -> None:
    """Another content, a file more, or one that is there by now: all that was looked at is remembered."""
    (tmp_path / "site").mkdir()
    (tmp_path / "a.txt").write_text("a")
    for change in (
        lambda: (tmp_path / "a.txt").write_text("longer"),
        lambda: (tmp_path / "site" / "more").write_text("x"),
        lambda: (tmp_path / "site" / "more").write_text("xyz"),
        (tmp_path / "site" / "more").unlink,
    ):
        source = LocalFiles([tmp_path / "a.yaml"])
        fields(tmp_path, "labels", "{folder: site}, greeting: {file: a.txt}", source)
        assert not source.changed()
        change()
        assert source.changed()


def test_what_was_missing_is_noticed(tmp_path: Path) -> None:
    """A document that is refused for want of a file is good once the file is there."""
    source = LocalFiles([tmp_path / "a.yaml"])
    with pytest.raises(DocumentError):
        fields(tmp_path, "greeting", "{file: late.txt}", source)
    assert not source.changed()
    (tmp_path / "late.txt").touch()
    assert source.changed()
