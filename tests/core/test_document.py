"""From files to stacks: what is read, what is refused, and how it is told."""

import gc
import io
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from controller.core.document.checks import MOST_SUGGESTIONS
from controller.core.document.loader import load
from controller.core.document.problem import DocumentError, Problem
from controller.core.document.source import MAX_BYTES
from controller.core.model.node import Lifecycle
from controller.core.model.reference import Address, Foreign, Placeholder, Secret, Text
from controller.core.model.stack import Allow, Mode, Stack
from controller.sources.files import LocalFiles
from tests.core.kinds import CATALOG

SAMPLES = Path(__file__).parent / "documents"
BAD = sorted((SAMPLES / "bad").glob("*.yaml"))
HEAD = """\
apiVersion: holdfast.dev/v1alpha1
kind: Stack
metadata: {name: NAME}
spec:
  region: eu-west-1
  resources:
"""
NETWORK = "    Network: {main: {cidrBlock: 10.0.0.0/8}}\n"


def document(name: str = "web", nodes: str = NETWORK) -> str:
    """A small stack of that name."""
    return HEAD.replace("NAME", name) + nodes


def problems_of(*paths: Path) -> tuple[Problem, ...]:
    """What is wrong with these files; something has to be."""
    with pytest.raises(DocumentError) as raised:
        load(LocalFiles(paths), CATALOG)
    return raised.value.problems


def outcome(file: Path) -> tuple[list[Stack], tuple[Problem, ...]]:
    """The stacks of a file, or what is wrong with it."""
    try:
        return load(LocalFiles([file]), CATALOG), ()
    except DocumentError as error:
        return [], error.problems


def only_stack(folder: Path, nodes: str = NETWORK) -> Stack:
    """The stack that these nodes make."""
    file = folder / "only.yaml"
    file.write_text(document(nodes=nodes))
    (stack,) = load(LocalFiles([file]), CATALOG)
    return stack


@pytest.fixture(scope="module")
def everything() -> Stack:
    """The sample that says everything a document can say."""
    (stack,) = load(LocalFiles([SAMPLES / "good" / "everything.yaml"]), CATALOG)
    return stack


# --- what is made of a document ---


def test_the_stack(everything: Stack) -> None:
    """The envelope becomes the stack, with the place it was read from; what is Kubernetes' is left aside."""
    source = f"{SAMPLES / 'good' / 'everything.yaml'}:2"
    found = (everything.name, everything.region, everything.account_id, everything.mode, everything.source)
    assert ("web", "eu-west-1", "123456789012", Mode.OBSERVE, source) == found
    assert {Allow.CREATE, Allow.DELETE} == everything.allow
    assert {"Env": "prod", "Team": "a"} == everything.tags


def test_defaults(tmp_path: Path) -> None:
    """A document that does not speak of it allows creating and updating, and is enforced in any account."""
    stack = only_stack(tmp_path)
    assert (Mode.ENFORCE, "") == (stack.mode, stack.account_id)
    assert {Allow.CREATE, Allow.UPDATE} == stack.allow


def test_tags(everything: Stack) -> None:
    """A node's tags go over the stack's; the owner tags are always there, `Name` unless the document sets it."""
    owner = {"holdfast.dev/stack": "web", "holdfast.dev/name": "main"}
    main = everything.nodes[Address("Network", "main")]
    assert {"Name": "web-main", "Env": "prod", "Team": "b", **owner} == main.tags
    assert "second" == everything.nodes[Address("Segment", "b")].tags["Name"]


def test_tags_are_no_field(everything: Stack) -> None:
    """Tags are kept apart from the fields, and a kind that cannot carry them gets none."""
    assert [] == [node for node in everything.nodes.values() if "tags" in node.fields]
    assert {} == everything.nodes[Address("Door", "front")].tags


def test_fields(everything: Stack) -> None:
    """Fields are a plain tree under the document's names, with expressions where values are not yet known."""
    expected: dict[str, Any] = {
        "segments": [Placeholder(Address("Segment", "a")), Placeholder(Address("Segment", "b"))],
        "other": Placeholder(Address("Group", "one")),
        "ports": [80, Placeholder(Address("Door", "back"), "endpoint.port")],
        "pin": Secret("env", "PIN"),
        "greeting": Text("you are at ${x}", (("x", Placeholder(Address("Network", "main"), "cidrBlock")),)),
        "policy": {"Allow": [{"Who": Placeholder(Address("Network", "main"), "arn"), "When": None}]},
    }
    found = everything.nodes[Address("Door", "front")].fields
    assert expected == {**found, "segments": found["segments"][:2]}


def test_the_kind_has_its_say(everything: Stack) -> None:
    """Names that the document leaves open are filled in, and an alias is found, by the kind itself."""
    one, main = everything.nodes[Address("Group", "one")], everything.nodes[Address("Group", "main")]
    assert ("web-one", None) == (one.fields["groupName"], one.alias)
    assert Placeholder(Address("Network", "main"), "mainGroup") == main.alias
    assert Foreign("other", Address("Group", "all")) == one.fields["rules"][2]["peer"]


def test_lifecycle(everything: Stack) -> None:
    """The reserved key `lifecycle` becomes the node's lifecycle; without it nothing is special."""
    expected = Lifecycle(
        retain=True,
        ignore=("rules[tcp:443]", "tags.Owner"),
        adopt="sg-2",
        hold_until="2026-01-31T18:00:00Z",
        hold_by="me",
        hold_why="a test",
        additive=frozenset({"rules"}),
    )
    assert expected == everything.nodes[Address("Group", "two")].lifecycle
    assert Lifecycle() == everything.nodes[Address("Group", "one")].lifecycle


def test_nothing_written_is_nothing_set(tmp_path: Path) -> None:
    """A field without a value is as one that is left out, a reference too."""
    node = only_stack(tmp_path, "    Group: {a: {network: , rules: , groupName: x, lifecycle: , tags: }}\n")
    assert {"groupName": "x"} == node.nodes[Address("Group", "a")].fields


def test_merge_keys_and_anchors(everything: Stack) -> None:
    """What an anchor holds can be merged into a node, whose own fields win."""
    fields = everything.nodes[Address("Segment", "b")].fields
    assert ("10.1.1.0/24", "eu-west-1a") == (fields["cidrBlock"], fields["zone"])


# --- what is refused ---


@pytest.mark.parametrize("file", BAD, ids=lambda file: file.stem)
def test_a_bad_document_is_told_in_full(file: Path) -> None:
    """All that is wrong is told at once: place, path, what is wrong and what would be right."""
    told = [str(problem).replace(f"{file}:", "") for problem in problems_of(file)]
    assert file.with_suffix(".txt").read_text().splitlines() == told


def test_a_secret_is_never_told() -> None:
    """The value of a field that AWS never shows is in no message, however it is wrong."""
    assert [] == [each for each in problems_of(SAMPLES / "bad" / "secrets.yaml") if "hunter2" in str(each)]


def test_all_files_at_once(tmp_path: Path) -> None:
    """Problems of all files come together, sorted by file and place; a broken file hides no other."""
    (tmp_path / "b.yaml").write_text("a: [")
    (tmp_path / "a.yaml").write_text(document("a", "    Door: {x: {zz: 1}}\n"))
    found = problems_of(tmp_path / "b.yaml", tmp_path / "missing.yaml", tmp_path / "a.yaml")
    assert ["a.yaml", "a.yaml", "b.yaml", "missing.yaml"] == [Path(each.file).name for each in found]
    assert "no such file or folder" in str(found[-1])
    assert sorted(found) == list(found)


def test_what_precedes_a_fault_is_checked(tmp_path: Path) -> None:
    """A syntax error ends the reading of its file, but the documents before it are checked too."""
    (tmp_path / "a.yaml").write_text(document(nodes="    Xyz: {a: {}}\n") + "---\na: [")
    assert [7, 10] == [each.line for each in problems_of(tmp_path / "a.yaml")]


def test_two_stacks_of_one_name(tmp_path: Path) -> None:
    """One name is one stack, also across files; both places are named."""
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / name).write_text(document())
    (problem,) = problems_of(tmp_path)
    assert (str(tmp_path / "b.yaml"), 3, 18) == (problem.file, problem.line, problem.column)
    assert f"{tmp_path / 'a.yaml'}:3:18" in problem.message


def test_suggestions_stay_cheap(tmp_path: Path) -> None:
    """However many references lead nowhere, only the first of them come with what may have been meant."""
    nodes = "".join(f"      n{i}: {{network: mainn, cidrBlock: 10.0.{i}.0/24}}\n" for i in range(250))
    (tmp_path / "a.yaml").write_text(document(nodes=NETWORK + "    Segment:\n" + nodes))
    hints = [each.hint for each in problems_of(tmp_path) if each.hint == 'did you mean "main"?']
    assert MOST_SUGGESTIONS == len(hints)


# --- files ---


def test_a_folder_is_read_whole(tmp_path: Path) -> None:
    """A folder's documents in the order of names, sub-folders too; hidden and other files are left out."""
    (tmp_path / "m").mkdir()
    (tmp_path / ".hidden").mkdir()
    places = ("z.yaml", "m/c.yml", "b.yaml")
    for name, place in zip("zcb", places, strict=True):
        (tmp_path / place).write_text(document(name))
    for place in (".hidden/x.yaml", ".x.yaml", "notes.txt"):
        (tmp_path / place).write_text("not a document")
    assert ["b", "c", "z"] == [stack.name for stack in load(LocalFiles([tmp_path]), CATALOG)]


def test_a_file_is_read_once(tmp_path: Path) -> None:
    """A file that is named twice, by its folder or by a link, is one file."""
    file = tmp_path / "a.yaml"
    file.write_text(document())
    (tmp_path / "link.yaml").symlink_to(file)
    (tmp_path / "loop").symlink_to(tmp_path)
    assert 1 == len(load(LocalFiles([tmp_path, file, tmp_path]), CATALOG))


def test_a_mounted_folder(tmp_path: Path) -> None:
    """A folder as Kubernetes mounts it, with links into a hidden one, has each document once."""
    (tmp_path / "..2026").mkdir()
    (tmp_path / "..2026" / "web.yaml").write_text(document())
    (tmp_path / "..data").symlink_to("..2026")
    (tmp_path / "web.yaml").symlink_to("..data/web.yaml")
    assert ["web"] == [stack.name for stack in load(LocalFiles([tmp_path]), CATALOG)]


def test_a_folder_without_documents(tmp_path: Path) -> None:
    """An empty folder is an error, not a wish to have nothing."""
    (problem,) = problems_of(tmp_path)
    assert str(problem).startswith(f"{tmp_path}: the folder contains no documents; ")


def test_a_broken_link(tmp_path: Path) -> None:
    """A document that is there by name only is missed, not left out."""
    (tmp_path / "a.yaml").write_text(document())
    (tmp_path / "b.yaml").symlink_to(tmp_path / "gone.yaml")
    (problem,) = problems_of(tmp_path)
    assert (str(tmp_path / "b.yaml"), 0) == (problem.file, problem.line)


def test_a_path_that_cannot_be(tmp_path: Path) -> None:
    """Not even an impossible path raises anything else."""
    loop = tmp_path / "loop.yaml"
    loop.symlink_to(loop)
    assert 2 == len(problems_of(Path("a\0b"), loop))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file(tmp_path: Path) -> None:
    """A file that may not be read is a problem with the reason."""
    file = tmp_path / "a.yaml"
    file.touch(mode=0)
    assert "cannot be read: permission denied" in str(problems_of(file)[0])


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    """`-` reads standard input, which is named in problems."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(document().encode())))
    assert ["<stdin>:1"] == [stack.source for stack in load(LocalFiles([Path("-")]), CATALOG)]
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"a: b")))
    assert "<stdin>" == problems_of(Path("-"))[0].file


def test_a_file_that_is_too_large(tmp_path: Path) -> None:
    """A file over the limit is refused before it is parsed, and the limit is told."""
    file = tmp_path / "a.yaml"
    with file.open("wb") as opened:
        opened.truncate(MAX_BYTES + 1)
    assert "larger than 5 MiB" in str(problems_of(file)[0])


# --- bounds ---


def test_ten_thousand_nodes(tmp_path: Path) -> None:
    """Ten thousand nodes load in a few seconds, and garbage collection is as it was before."""
    rows = [f"      n{i}: {{network: main, cidrBlock: 10.{i // 250}.{i % 250}.0/24}}\n" for i in range(10_000)]
    start = time.perf_counter()
    assert 10_001 == len(only_stack(tmp_path, NETWORK + "    Segment:\n" + "".join(rows)).nodes)
    assert time.perf_counter() - start < 10
    assert gc.isenabled()


PIECES = (
    "apiVersion: |kind: |holdfast.dev/v1alpha1|Stack|metadata: |{name: web}|spec: |resources: |region: |eu-west-1|"
    "Network: |Door: |Group: |main: |cidrBlock: |10.0.0.0/16|lifecycle: |ignore: |exclusive: |rules: |tags: |"
    "{from: Network/main, attribute: arn}|{text: a}|{secret: x}|&a |*a|<<: |{|}|[|]|, |: |- |\n|\n  |\n    |"
    "\n      |---\n|!x |'|\"|# |null|1|1e9|true|| |\t|? "
)
WORDS = st.sampled_from(PIECES.split("|"))


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    content=st.one_of(
        st.binary(max_size=200),
        st.text(max_size=200).map(lambda text: text.encode(errors="surrogatepass")),
        st.lists(WORDS, max_size=60).map(lambda words: "".join(words).encode()),
        st.lists(WORDS, max_size=40).map(lambda words: document(nodes="    " + "".join(words)).encode()),
    )
)
def test_no_content_raises_anything_else(tmp_path: Path, content: bytes) -> None:
    """Whatever a file holds, it becomes stacks or a `DocumentError`."""
    file = tmp_path / "a.yaml"
    file.write_bytes(content)
    stacks, problems = outcome(file)
    assert bool(stacks) != bool(problems)
    assert all(str(problem).isprintable() for problem in problems)


NAMES = (
    "network cidrBlock rules segments other lock pin port peer protocol ports policy labels tags lifecycle ignore "
    "exclusive hold until adopt id from attribute text with secret env find stack name grade code file folder as "
    "greeting"
)
KEYS = st.sampled_from(NAMES.split())
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    nodes=st.dictionaries(
        st.sampled_from([*CATALOG, "Other"]),
        st.dictionaries(st.sampled_from(["main", "a"]), st.dictionaries(KEYS, VALUES, max_size=6), max_size=2),
        max_size=4,
    )
)
def test_no_fields_raise_anything_else(tmp_path: Path, nodes: dict[str, Any]) -> None:
    """Whatever a node says under the names that mean something, it becomes a node or a problem."""
    file = tmp_path / "a.yaml"
    file.write_text(document(nodes=f"    {json.dumps(nodes)}\n"))
    stacks, problems = outcome(file)
    assert bool(stacks) != bool(problems)
