"""What AWS would always refuse is refused offline, at its place; each rule is seen to refuse something."""

import copy
import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from controller.aws.catalog import catalog
from controller.aws.declaration.kind import AwsKind
from controller.aws.s3.bucket_spec import BUCKET_NAME
from controller.aws.structures.rules import ELB_NAME
from controller.core.document.checks import values_are_taken
from controller.core.document.constraints import excesses, misfits, structures
from controller.core.document.loader import load
from controller.core.document.problem import DocumentError, Problem
from controller.core.document.schema import json_schema
from controller.core.model.conditions import Follow, View
from controller.core.model.limits import Among, Bounds, Bytes, Count, Entries, Legal, Length, Limit, Netmask
from controller.core.model.paths import fields_in, rules_in
from controller.core.model.reference import Address
from controller.core.model.shape import Record, tree_of
from controller.sources.files import LocalFiles
from tests.generated import kinds_page
from tests.kinds.fixtures import IT, Sample, Tree, kinds, samples, samples_of
from tests.plain import plain

LONG = {"LARGE": "x" * 11_000, "LONG": "/" + "x" * 128}
"""Texts that the table only names."""


@cache
def table() -> list[tuple[AwsKind, Tree]]:
    """The entries of `refused.yaml`, each with its kind."""
    known = {kind.name: kind for kind in kinds()}
    entries: Mapping[str, list[Tree]] = plain(Path(__file__).with_name("refused.yaml").read_text())
    return [(known[name], entry) for name, listed in entries.items() for entry in listed]


CASES = [pytest.param(kind, entry, id=f"{kind.name}-{entry['says'][:50]}") for kind, entry in table()]


def sample_of(kind: AwsKind, name: str) -> Sample:
    """One of the documents of a kind."""
    return next(sample for sample in samples_of(kind) if sample.name == name)


def lengthened(value: Any) -> Any:
    """The value with the texts that the table only names."""
    if isinstance(value, dict):
        return {key: lengthened(part) for key, part in value.items()}
    if isinstance(value, list):
        return [lengthened(part) for part in value]
    return LONG.get(value, value) if isinstance(value, str) else value


def merged(sample: Sample, changes: Mapping[str, Tree]) -> Tree:
    """The document with other fields in some of its nodes; null takes a field away."""
    tree = copy.deepcopy(sample.tree)
    resources = tree["spec"]["resources"]
    for address, fields in changes.items():
        kind, _, name = address.partition("/")
        node = resources.setdefault(kind, {}).setdefault(name, {})
        node |= lengthened(fields)
        for field in [field for field, value in node.items() if value is None]:
            del node[field]
    return tree


def problems(sample: Sample, tree: Tree, folder: Path) -> tuple[Problem, ...]:
    """All that is wrong with a document."""
    text = re.sub(
        r"\$\{(\w+)\}", lambda hole: f"{hole[1]}-0" if hole[1] in sample.saved else hole[0], json.dumps(tree)
    )
    path = folder / "document.yaml"
    path.write_text(text)
    with pytest.raises(DocumentError) as raised:
        load(LocalFiles([path]), catalog(), lambda nodes: values_are_taken(nodes, catalog()))
    return raised.value.problems


def place(sample: Sample, path: str) -> str:
    """A path within the node under test, as problems have it."""
    return f"spec.resources.{sample.kind.name}.{IT}{'.' if path else ''}{path}"


@pytest.mark.parametrize(("kind", "entry"), CASES)
def test_what_aws_would_refuse_is_told_at_its_place(kind: AwsKind, entry: Tree, tmp_path: Path) -> None:
    """The document is refused with the words of the rule, at the line and column of what is wrong, and once."""
    sample = sample_of(kind, entry.get("document", "document"))
    changes = {**entry.get("nodes", {}), f"{kind.name}/{IT}": entry.get("set", {})}
    told = problems(sample, merged(sample, changes), tmp_path)
    fitting = [each for each in told if entry["says"] in f"{each.message}; {each.hint}"]
    assert [place(sample, entry["at"])] == [each.path for each in fitting], [str(each) for each in told]
    assert fitting[0].line > 0


# --- limits of one field ----------------------------------------------------------------------------------

NOT_LEGAL = {
    "it must not begin with sg-": "sg-web",
    "it must consist of letters, digits, spaces and ._-:/()#,@[]+=&;{}!$*": "web's",
    "it must have 3 to 128 letters, digits, spaces and ()[]./-'@_": "we",
    "an account ID has 12 digits": "12345",
    "it must consist of ASCII characters other than a colon": "a:b",
    "it must be a number from 1 to 999, in quotes": "0",
    "it must be a number, in quotes": "$Latest",
    "it must have five fields, such as 0 18 * * 1-5": "@daily",
    ELB_NAME.words: "web-",
    "it must be a port from 1 to 65535, or #{port}": "#{host}",
    "it must begin with a slash": "404.html",
    "it must be like HTTP:80/health, HTTPS:443/, TCP:80 or SSL:443": "HTTP:80",
    "it must consist of letters, digits, spaces and ._-, and begin with a letter": "1data",
    "it must begin with a letter, not end with a hyphen and not contain two in a row": "my--db",
    "it must begin with a letter": "1admin",
    "write it like 02:00-03:00, in UTC": "2:00-3:00",
    "write it like sun:05:00-sun:06:00, in UTC": "05:00-06:00",
    "it must have 3 to 255 letters, digits and _.-": "a/b",
    "its prefix or suffix is reserved by S3": "xn--web",
    BUCKET_NAME.words: "10.0.0.1",
    "it must be a name without a slash": "a/index.html",
    "it must be like 404": "200",
    "it must be like 302": "200",
    "it can have only one *": "*.*",
    "it must be a domain name, without a scheme and a path": "https://www.example.com",
    "it must begin with a slash and not end with one": "site/",
    "it must be the ARN of a numbered version of a function": "arn:aws:lambda:us-east-1:123456789012:function:a",
    "CloudFront only takes a certificate in us-east-1": {"id": "arn:aws:acm:eu-west-1:123456789012:certificate/a"},
    "it must be like US": "usa",
    "it must not begin with aws or ssm": "/aws/web",
    "it must consist of letters, digits and _.-/": "a b",
    "a path must begin with a slash, and have at most 15 levels": "web/db",
    "it must consist of letters, digits and /_+=.@-": "a b",
    "it must consist of letters, digits, _ and -": "a b.fifo",
    "it must begin with a lowercase letter, and have letters, digits and _ behind it": "M1",
}
"""For each form of a text one that AWS does not take."""


def numbered(element: Any, number: int) -> Any:
    """An element like another, with a name of its own where it has one."""
    if not isinstance(element, dict):
        return element
    first = next(iter(element))
    return {**element, first: f"{element[first]}{number}"} if isinstance(element[first], str) else element


def wrong(limit: Limit, value: Any) -> Any:  # noqa: PLR0911  # one for each sort of limit
    """A value that AWS does not take, made of one that it takes."""
    match limit:
        case Bounds():
            return min((limit.least, *limit.also)) - 1
        case Among():
            return 99 if isinstance(limit.values[0], int) else "odd"
        case Legal():
            return NOT_LEGAL[limit.words]
        case Length() | Bytes():
            return "a." * (limit.most // 2 + 1) + "a"
        case Count():
            return [numbered(value[0], number) for number in range(limit.most + 1)]
        case Netmask():
            return "10.0.0.0/8"
        case Entries():
            return {key: str(wrong(inner, None)) for key, inner in limit.limits.items()}
    raise AssertionError(limit)


def limits() -> Iterator[Any]:
    """Every limit of every field; of a structure that is in several places, in the first of them."""
    seen = set[tuple[Any, ...]]()
    for kind in kinds():
        for path, part in fields_in(kind.shape):
            own = (kind.name, part.spec, part.attribute)
            for limit in part.limits if own not in seen and not seen.add(own) else ():  # type: ignore[func-returns-value]
                yield pytest.param(
                    kind, path, limit, id=f"{kind.name}-{path}-{type(limit).__name__}-{limit.told[:20]}"
                )


def put(tree: Any, steps: list[str], limit: Limit) -> Iterator[tuple[Any, str]]:
    """The tree with a wrong value at each place that a path leads to, and where that is."""
    name, rest = steps[0], steps[1:]
    bare = name.removesuffix("[]")
    if not isinstance(tree, dict) or tree.get(bare) is None:
        return
    if name != bare:
        for index, element in enumerate(tree[bare]):
            for inner, at in put(element, rest, limit):
                listed = [*tree[bare][:index], inner, *tree[bare][index + 1 :]]
                yield {**tree, bare: listed}, f"{bare}[{index}].{at}"
        return
    if rest:
        yield from (({**tree, bare: inner}, f"{bare}.{at}") for inner, at in put(tree[bare], rest, limit))
        return
    value = wrong(limit, tree[bare])
    within = isinstance(tree[bare], list) and not isinstance(limit, Count)
    yield {**tree, bare: [value] if within else value}, f"{bare}[0]" if within else bare


@pytest.mark.parametrize(("kind", "path", "limit"), [*limits()])
def test_a_value_beyond_a_limit_is_told_at_its_place(kind: AwsKind, path: str, limit: Limit, tmp_path: Path) -> None:
    """Each limit refuses a value that AWS does not take, where it stands, and says what AWS takes."""
    found = (
        (sample, changed, at)
        for sample in samples_of(kind)
        for changed, at in put(sample.tree["spec"]["resources"][kind.name][IT], path.split("."), limit)
    )
    sample, changed, at = next(found)
    told = problems(sample, merged(sample, {f"{kind.name}/{IT}": changed}), tmp_path)
    words = next(iter(limit.limits.values())).told if isinstance(limit, Entries) else limit.told
    fitting = [each for each in told if words in each.message and each.path.startswith(place(sample, at))]
    assert fitting, [str(each) for each in told]


# --- all of them ------------------------------------------------------------------------------------------


def refusing(record: Record, fields: Mapping[str, Any], follow: Follow) -> Iterator[int]:
    """The rules that are not kept, at any depth."""
    yield from (id(rule) for rule in record.constraints if any(rule.broken(View(fields, follow))))
    for name, value in fields.items():
        for _, inner, element in structures(record.fields[name].shape, value):
            yield from refusing(inner, element, follow)


def nodes_of(tree: Tree) -> dict[Address, Tree]:
    """The fields of every node of a document, in the form that rules see."""
    known, nodes = catalog(), dict[Address, Tree]()
    for kind, named in tree["spec"]["resources"].items():
        for name, fields in named.items():
            said = {key: part for key, part in fields.items() if key != "lifecycle"}
            address, spec = Address(kind, name), known[kind].spec.model_validate(said)
            nodes[address] = known[kind].desired("kit", address, tree_of(spec))
    return nodes


def test_each_rule_refuses_a_case_of_the_table() -> None:
    """No rule of any kind is without a case that it refuses; what several kinds share needs one."""
    shown = set[int]()
    for kind, entry in table():
        sample = sample_of(kind, entry.get("document", "document"))
        changes = {**entry.get("nodes", {}), f"{kind.name}/{IT}": entry.get("set", {})}
        nodes = nodes_of(merged(sample, changes))
        shown |= {*refusing(kind.shape, nodes[sample.it], nodes.get)}
    rules = [(kind.name, path, rule) for kind in kinds() for path, rule in rules_in(kind.shape)]
    assert [] == [(name, path, rule.told) for name, path, rule in rules if id(rule) not in shown]


@pytest.mark.parametrize("kind", [pytest.param(kind, id=kind.name) for kind in kinds()])
def test_the_manual_prints_each_rule(kind: AwsKind) -> None:
    """The page of the kinds says what AWS takes in each field, how fields go together, and where AWS says so."""
    page = kinds_page({kind.name: kind})
    for _, part in fields_in(kind.shape):
        for limit in part.limits:
            assert limit.told in page
    for path, rule in rules_in(kind.shape):
        where = rule.page or kind.spec.__doc__ or ""
        assert f"{rule.told}" in page
        assert where.strip().startswith("https://docs.aws.amazon.com/"), (path, rule.told)


def test_one_node_alone_is_judged_without_the_others() -> None:
    """What a reference leads to is not known where only one node is seen: nothing that depends on it is told."""
    (kind,) = [kind for kind in kinds() if kind.name == "LoadBalancer"]
    sample = sample_of(kind, "document")
    assert [] == [*misfits(kind.shape, sample.desired), *excesses(kind.shape, sample.desired)]


def test_aws_has_the_last_word_on_values(tmp_path: Path) -> None:
    """Only `validate` judges what AWS revises from time to time: nothing else refuses a document for it."""
    (kind,) = [kind for kind in kinds() if kind.name == "Volume"]
    (stack,) = [sample_of(kind, "document").stack(tmp_path, change={"size": 99_999, "iops": 999_999})]
    assert [99_999, 999_999] == [stack.nodes[Address("Volume", IT)].fields[name] for name in ("size", "iops")]


# --- in the schema ----------------------------------------------------------------------------------------

SCHEMA = Draft202012Validator(json_schema(catalog()))
IN_SCHEMA = [
    ("NatGateway", "document", {"connectivityType": "public", "elasticIp": None}),
    ("LifecycleHook", "document", {"heartbeatTimeout": 10}),
    ("LoadBalancer", "document", {"subnets": None}),
    ("Volume", "document", {"volumeType": "io2", "iops": None}),
    ("ScalingPolicy", "step", {"stepAdjustments": None}),
    ("Queue", "document", {"delaySeconds": 901}),
    ("LogGroup", "document", {"retentionInDays": 31}),
]


@pytest.mark.parametrize("sample", [pytest.param(sample, id=str(sample)) for sample in samples()])
def test_an_editor_takes_what_is_valid(sample: Sample) -> None:
    """The JSON Schema has nothing against any document of a kind."""
    assert [] == [error.message for error in SCHEMA.iter_errors(sample.tree)]


@pytest.mark.parametrize(("name", "document", "fields"), IN_SCHEMA)
def test_an_editor_tells_it_too(name: str, document: str, fields: Tree) -> None:
    """Limits, and the lack of what another field needs, are in the JSON Schema."""
    sample = sample_of(catalog()[name], document)  # type: ignore[arg-type]  # every kind here is one of AWS
    assert [] != [error.message for error in SCHEMA.iter_errors(merged(sample, {f"{name}/{IT}": fields}))]
