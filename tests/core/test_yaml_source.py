"""YAML with positions: what values are typed as, where they stand, and what is refused."""

from typing import Any

import pytest
import yaml

from controller.core.document import yaml_source
from controller.core.document.part import Part
from controller.core.document.problem import Mark, Problem, near, path_text, quoted
from controller.core.document.yaml_source import read_parts


@pytest.fixture(params=["fast", "plain"])
def parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The test runs with both of PyYAML's parsers."""
    if request.param == "plain":
        monkeypatch.setattr(yaml_source, "_PARSER", yaml.SafeLoader)


def read(text: str | bytes) -> tuple[list[Part], list[Problem]]:
    """The documents of a text, and what is wrong with it."""
    problems: list[Problem] = []
    content = text if isinstance(text, bytes) else text.encode()
    return read_parts(content, "f", problems), problems


def value_of(text: str) -> Any:
    """The value of the one document of a text without faults."""
    (part,), problems = read(text)
    assert [] == problems
    return part.value


def fault_of(text: str | bytes) -> str:
    """The one thing that is wrong with a text."""
    _, (problem,) = read(text)
    return str(problem)


@pytest.mark.usefixtures("parser")
@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("no", "no"),
        ("on", "on"),
        ("010", "010"),
        ("0x10", "0x10"),
        ("1_000", "1_000"),
        ("12:30", "12:30"),
        ("12:30:45", "12:30:45"),
        ("2026-01-01", "2026-01-01"),
        ("2026-01-31T18:00:00Z", "2026-01-31T18:00:00Z"),
        ("=", "="),
        (".inf", ".inf"),
        (".nan", ".nan"),
        ("1e999", "1e999"),
        ("1234567890123456789012", "1234567890123456789012"),
        ("'5'", "5"),
        ("!!str 5", "5"),
        ("! 5", "5"),
        ("true", True),
        ("False", False),
        ("~", None),
        ("null", None),
        ("", None),
        ("0", 0),
        ("-17", -17),
        ("+5", 5),
        ("1.5", 1.5),
        (".5", 0.5),
        ("-2e3", -2000.0),
    ],
)
def test_plain_values(written: str, expected: object) -> None:
    """Only truth, null and decimal numbers are typed; whatever else looks like something stays a text."""
    found = value_of(f"a: {written}")["a"]
    assert (type(expected), expected) == (type(found), found)


@pytest.mark.usefixtures("parser")
def test_keys_are_texts() -> None:
    """A key is the text that is written, whatever it looks like."""
    assert {"1": "a", "true": "b", "~": "c", "": "d"} == value_of("1: a\ntrue: b\n~: c\n'': d")


@pytest.mark.usefixtures("parser")
def test_places() -> None:
    """Every key and value knows where it stands, counted in characters from 1."""
    (part,), _ = read("é: {b: [x, y]}\nc: z")
    assert (Mark(1, 1), Mark(2, 1)) == (part.keys["é"], part.keys["c"])
    assert Mark(1, 12) == part.find(("é", "b", 1))[0].mark
    assert (Mark(1, 5), ("é",)) == (part.key_mark(("é", "b")), part.find(("é", "missing"))[1])


@pytest.mark.usefixtures("parser")
def test_merging() -> None:
    """`<<` takes over what is not said here, the first of several mappings first; quoted it is a key as any."""
    text = "a: &a {x: 1, y: 1}\nb: &b {y: 2, z: 2}\nc: {<<: [*a, *b], x: 0}\nd: {'<<': 1}\ne: {y: 3, <<: *a}"
    found = value_of(text)
    assert {"x": 0, "y": 1, "z": 2} == found["c"]
    assert ({"<<": 1}, {"y": 3, "x": 1}) == (found["d"], found["e"])


@pytest.mark.usefixtures("parser")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1\nb: 2\na: 3", '3:1: a: duplicate key "a", first used at 1:1'),
        ("x: {a: !Ref b}", "1:8: x.a: the YAML tag !Ref is not supported"),
        ("a: !!python/object:os.system x", "the YAML tag tag:yaml.org,2002:python/object:os.system is not supported"),
        ("? [a]\n: 1", "1:3: a key must be a string"),
        ("a: &x b\n? *x\n: 1", "2:3: a key must be a string"),
        ("a: *b", "1:4: a: the alias *b has no anchor before it"),
        ("a: &x [*x]", "1:8: a[0]: the alias *x contains itself"),
        ("a: &x b\n---\nc: *x", "3:4: c: the alias *x has no anchor before it"),
        ("<<: 3", "1:1: << takes a mapping"),
        ("", "1:1: the file contains no document"),
        ("# only a comment", "1:1: the file contains no document"),
        ("a: b: c", "not valid YAML: mapping values are not allowed"),
        ("a:\n\t- b", "2:1: not valid YAML: "),
        ("a: 'x", "not valid YAML: found unexpected end of stream"),
        ("é: \x07", "1:4: the character U+0007 is not allowed in YAML"),
        (b"a: b\nc\xff", "2:2: byte 6 is not valid UTF-8"),
        ("a: b".encode("utf-16"), "1:1: byte 0 is not valid UTF-8"),
    ],
)
def test_faults(text: str | bytes, expected: str) -> None:
    """What cannot be read, or means something else than it seems, is refused with its place."""
    assert expected in fault_of(text)


@pytest.mark.usefixtures("parser")
@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "[{a: "])
def test_depth(opening: str) -> None:
    """However deep a text nests, it ends in a problem and not in an exhausted stack."""
    assert "nested deeper than 50 levels" in fault_of(opening * 100_000)


@pytest.mark.usefixtures("parser")
def test_depth_through_aliases() -> None:
    """Levels behind an alias count as if they were written out."""
    rows = [f"a{i}: &a{i} [[[[*a{i - 1}]]]]\n" for i in range(1, 20)]
    assert "nested deeper than 50 levels" in fault_of("a0: &a0 [x]\n" + "".join(rows))


@pytest.mark.usefixtures("parser")
def test_alias_bombs() -> None:
    """Values behind aliases are counted, not made: a bomb is refused at once."""
    nine = [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 20)]
    many = f"a: &a x\nb: [{', '.join(['*a'] * 1001)}]"
    for text in ("a0: &a0 [x, x]\n" + "".join(nine), many):
        assert "more than 1,000 aliases, or more than 200,000 values in place of them" in fault_of(text)


def test_too_many_values() -> None:
    """A file of nothing but tiny values is refused before it fills the memory."""
    assert "more than 500,000 values" in fault_of("[" + "a," * 600_000 + "]")


def test_words() -> None:
    """Paths, quotes and suggestions are fit for one line of a terminal."""
    assert 'spec.tags["holdfast.dev/x"][0].a' == path_text(("spec", "tags", "holdfast.dev/x", 0, "a"))
    assert '"a\\nb\\u009b"' == quoted("a\nb\x9b")
    assert 60 == len(quoted("x" * 100))
    assert ('did you mean "Vpc"?', "") == (near("vpc", ["Vpc", "Subnet"]), near("xyz", ["Vpc"]))
