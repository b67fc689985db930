"""A path in `lifecycle.ignore` names something that the kind has, or is told with what would be right."""

from typing import Annotated, Any, Literal

import pytest

from controller.core.document.ignoring import wrong_path
from controller.core.model.equality import Cidr, Json
from controller.core.model.shape import shape_of
from controller.core.model.spec import Keyed, Spec, Tagged, Unordered, WriteOnly


class Page(Spec):
    """A structure."""

    index: str | None = None
    code: Annotated[str | None, WriteOnly()] = None


class Way(Spec):
    """An element by a range of addresses."""

    to: Annotated[str, Cidr(or_prefix="pl-")]
    via: str | None = None
    page: Page | None = None


class Step(Spec):
    """An element by one of several words."""

    grade: Literal["cold", "frozen"]
    days: int | None = None


class Port(Spec):
    """An element by numbers, of which not all have to be there."""

    first: int | None = None
    last: int | None = None
    open: bool | None = None


class Act(Spec):
    """An element by its place."""

    sort: str | None = None
    words: Annotated[list[str] | None, Unordered()] = None


class SiteSpec(Tagged):
    """A field of every shape."""

    name: str | None = None
    page: Page | None = None
    ways: Annotated[list[Way] | None, Keyed("to")] = None
    steps: Annotated[list[Step] | None, Keyed("grade")] = None
    ports: Annotated[list[Port] | None, Keyed("first", "last")] = None
    acts: list[Act] | None = None
    words: Annotated[list[str] | None, Unordered()] = None
    sizes: Annotated[list[int] | None, Unordered()] = None
    ordered: list[str] | None = None
    labels: dict[str, str] | None = None
    policy: Annotated[dict[str, Any] | None, Json()] = None


SITE = shape_of(SiteSpec)


@pytest.mark.parametrize(
    "path",
    [
        "name",
        "page",
        "page.index",
        "page.code",
        "page[index]",
        "tags",
        "tags.Owner",
        "tags[kubernetes.io/name]",
        "labels.a",
        "labels[a.b]",
        "ways",
        "ways[10.0.0.0/16]",
        "ways[2001:db8::/32].via",
        "ways[pl-1].page.index",
        "ways[].page.index",
        "ways[ElasticIp/nat.publicIp]",
        "ways[net:ElasticIp/nat.publicIp].via",
        "ways[${ElasticIp/nat.publicIp}/32]",
        "ways[Vpc(isDefault=True)]",
        "steps[cold].days",
        "ports[1:2].open",
        "ports[1]",
        "acts[0]",
        "acts[12].words[a]",
        "acts[].sort",
        "words[a.b]",
        "words[a]]",
        "sizes[-1]",
        "ordered",
        "policy",
    ],
)
def test_what_the_kind_has_can_be_ignored(path: str) -> None:
    """Fields, parts of structures, keys of maps, elements by their keys, whatever those are made of, or all."""
    assert wrong_path(SITE, path) is None


@pytest.mark.parametrize(
    ("path", "message", "hint"),
    [
        ("nam", 'the kind has no field "nam"', 'did you mean "name"?'),
        ("page.indx", '"page" has no field "indx"', 'did you mean "index"?'),
        ("page.zzz", '"page" has no field "zzz"', "its fields are index, code"),
        ("page[].index", '"page" is not a list and has no elements', 'write "page.index"'),
        ("page[]", '"page" is not a list and has no elements', 'write "page"'),
        ("name.x", '"name" is compared as a whole: no part of it can be ignored separately', 'write "name"'),
        ("policy.a", '"policy" is compared as a whole: no part of it can be ignored separately', 'write "policy"'),
        (
            "ordered[0]",
            '"ordered" is compared as a whole: no part of it can be ignored separately',
            'write "ordered"',
        ),
        ("ways[].vai", '"ways[]" has no field "vai"', 'did you mean "via"?'),
        ("ways[pl-1].page.indx", '"ways[pl-1].page" has no field "indx"', 'did you mean "index"?'),
        ("ways.via", '"ways" is a list: its elements are named in brackets', 'did you mean "ways[].via"?'),
        ("sizes.80", '"sizes" is a list: its elements are named in brackets', 'did you mean "sizes[80]"?'),
        ("acts.0.sort", '"acts" is a list: its elements are named in brackets', 'did you mean "acts[0].sort"?'),
        ("ways[]", '"ways[]" is every element of "ways"', 'write "ways"'),
        ("words[]", '"words[]" is every element of "words"', 'write "words"'),
        ("words[a].b", '"words[a]" is a single value, which has no parts', 'write "words[a]"'),
        (
            "ways[10.0.0.0/O]",
            '"10.0.0.0/O" does not name an element of "ways"',
            "an element is named by its to, which is a CIDR block, such as 10.0.0.0/16",
        ),
        ("steps[clod]", '"clod" does not name an element of "steps"', 'did you mean "cold"?'),
        (
            "steps[x]",
            '"x" does not name an element of "steps"',
            "an element is named by its grade, which is one of cold, frozen",
        ),
        (
            "ports[1:2:3]",
            '"1:2:3" does not name an element of "ports"',
            "an element is named by first:last, leaving out those that are not set",
        ),
        (
            "acts[x].sort",
            '"x" does not name an element of "acts"',
            "its elements have no key and are numbered from 0",
        ),
        ("acts[007]", '"007" does not name an element of "acts"', "its elements have no key and are numbered from 0"),
        ("sizes[x]", '"x" does not name an element of "sizes"', "each is a number"),
        ("labels[]", '"labels" is a map, not a list', 'write "labels", or "labels[KEY]" for one of its keys'),
        ("labels[a].b", 'a key of "labels" holds a single value, which has no parts', 'did you mean "labels[a]"?'),
        ("tags.a.io/b", 'a key of "tags" holds a single value, which has no parts', 'did you mean "tags[a.io/b]"?'),
        ("tags[aws:x]", 'a tag key must not begin with "aws:", which is reserved', ""),
    ],
)
def test_what_the_kind_has_not_is_told(path: str, message: str, hint: str) -> None:
    """Which part of the path is wrong, and what would be right."""
    assert (message, hint) == wrong_path(SITE, path)


@pytest.mark.parametrize("path", ["", ".", "a..b", ".name", "name.", "[name]", "tags[a", "tags[a]b", "tags[a]\n"])
def test_what_is_no_path_is_told(path: str) -> None:
    """A bracket that is never closed, a dot without a name."""
    wrong = wrong_path(SITE, path)
    assert wrong
    assert wrong.message.endswith("is not a path")
    assert "routes[0.0.0.0/0]" in wrong.hint
