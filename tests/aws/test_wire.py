"""Between a spec's tree and AWS's own form, both ways, by the shape of the spec and AWS's models."""

import json
from typing import Annotated, Any

import pytest

from controller.aws.declaration.wire import (
    inner_shape,
    input_shape,
    overlay,
    parameters_of,
    record_reader,
    value_at,
    values_at,
    written,
)
from controller.core.model.equality import Json
from controller.core.model.reference import Address, Encoded, Placeholder, replace_expressions
from controller.core.model.shape import shape_of
from controller.core.model.spec import Aws, Form, Spec, To, Unordered, WriteOnly

HOLE = Placeholder(Address("Network", "main"), "arn")


def joined(values: Any) -> str:
    """AWS's form of a list: one text."""
    return ",".join(values)


class Origin(Spec):
    """Where a distribution gets what it shows."""

    id: str
    domain_name: str | None = None


class Site(Spec):
    """A field for each form that AWS has."""

    aliases: Annotated[list[str] | None, Unordered()] = None
    origins: list[Origin] | None = None
    comment: str | None = None
    words: Annotated[list[str] | None, Form(lambda text: text.split(","), joined), Aws("Comment")] = None
    certificate: Annotated[
        str | None, To("Certificate", attribute="arn"), Aws("ViewerCertificate.ACMCertificateArn")
    ] = None
    secret: Annotated[str | None, WriteOnly()] = None


class Topic(Spec):
    """A JSON document, alone and as a text."""

    policy: Annotated[dict[str, Any] | None, Json(), Aws("AttributeValue")] = None


SITE, TOPIC = shape_of(Site), shape_of(Topic)
DISTRIBUTION = inner_shape(input_shape("cloudfront", "CreateDistribution"), ["DistributionConfig"])
ATTRIBUTE = input_shape("sns", "SetTopicAttributes")


def sent(**fields: Any) -> dict[str, Any]:
    """The parameters of these fields of a site."""
    assert DISTRIBUTION is not None
    return parameters_of(SITE, fields, DISTRIBUTION)  # type: ignore[arg-type]  # it is a structure


# --- writing ---


@pytest.mark.parametrize(
    ("fields", "parameters"),
    [
        ({"aliases": ["a", "b"]}, {"Aliases": {"Quantity": 2, "Items": ["a", "b"]}}),
        ({"aliases": []}, {"Aliases": {"Quantity": 0}}),
        (
            {"origins": [{"id": "a", "domainName": HOLE}]},
            {"Origins": {"Quantity": 1, "Items": [{"Id": "a", "DomainName": HOLE}]}},
        ),
        ({"certificate": HOLE}, {"ViewerCertificate": {"ACMCertificateArn": HOLE}}),
        ({"words": ["a", "b"]}, {"Comment": "a,b"}),
        ({"secret": "x"}, {}),
    ],
)
def test_fields_as_parameters(fields: dict[str, Any], parameters: dict[str, Any]) -> None:
    """Lists with their length where AWS wraps them, structures as deep as the path; what AWS has not is left out."""
    assert parameters == sent(**fields)


def test_a_form_with_an_expression_inside_waits_for_it() -> None:
    """What cannot be written yet is kept whole with the way to write it, and is written once it is known."""
    found = sent(words=["a", HOLE])["Comment"]
    assert isinstance(found, Encoded)
    assert (["a", HOLE], "a,arn:1") == (
        found.document,
        found.write(replace_expressions(found.document, lambda _: "arn:1")),
    )


def test_json_is_a_text_where_aws_wants_one() -> None:
    """Short, and with expressions inside it waits as every form does."""
    part = TOPIC.fields["policy"]
    shape = ATTRIBUTE.members["AttributeValue"]
    assert '{"a":[1,true]}' == written(part, {"a": [1, True]}, shape)
    found = written(part, {"a": HOLE}, shape)
    assert isinstance(found, Encoded)
    assert {"a": "x"} == json.loads(found.write({"a": "x"}))


def test_a_truth_in_a_structure_of_its_own() -> None:
    """EC2 wraps some values in a structure with the one member `Value`."""

    class Dns(Spec):
        enable_dns_support: bool | None = None

    found = parameters_of(shape_of(Dns), {"enableDnsSupport": True}, input_shape("ec2", "ModifyVpcAttribute"))
    assert {"EnableDnsSupport": {"Value": True}} == found


def test_an_operation_that_does_not_exist() -> None:
    """A wrong word in a declaration is an error, not a call without parameters."""
    with pytest.raises(LookupError):
        input_shape("sts", "GetCallerIdentities")


# --- reading ---


def test_an_item_as_fields() -> None:
    """Wrapped lists, forms and paths are undone; what AWS does not show is left out, and what is only sent."""
    item = {
        "Aliases": {"Quantity": 2, "Items": ["a", "b"]},
        "Origins": {"Quantity": 0},
        "Comment": "a,b",
        "ViewerCertificate": {"ACMCertificateArn": "arn:1"},
        "Secret": "x",
    }
    expected = {"aliases": ["a", "b"], "origins": [], "comment": "a,b", "words": ["a", "b"], "certificate": "arn:1"}
    assert expected == record_reader(SITE)(item)
    assert {} == {name: value for name, value in record_reader(SITE)({}).items() if value}


def test_what_is_written_is_read_back() -> None:
    """A round trip leaves the fields as they were."""
    fields = {"aliases": ["a"], "origins": [{"id": "a", "domainName": "b"}], "certificate": "arn:1"}
    assert fields == record_reader(SITE)(sent(**fields))
    document = {"policy": {"a": [1, {"b": None}]}}
    assert document == record_reader(TOPIC)(parameters_of(TOPIC, document, ATTRIBUTE))


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("", [{"a": {"b": [{"c": 1, "m.n": "x"}, {"c": 2}, {"c": 3, "m.n": "x"}]}}]),
        ("a.b[].c", [1, 2, 3]),
        ("a.b[0].c", [1]),
        ("a.b[m.n=x].c", [1, 3]),
        ("a.b[m.n=y].c", []),
        ("a.x.c", []),
    ],
)
def test_paths(path: str, found: list[Any]) -> None:
    """Dots lead into structures, brackets into lists: all, the first, or those with such a member."""
    item = {"a": {"b": [{"c": 1, "m.n": "x"}, {"c": 2}, {"c": 3, "m.n": "x"}]}}
    assert found == list(values_at(item, path))
    assert (found or [None])[0] == value_at(item, path)


# --- one over another ---


@pytest.mark.parametrize(
    ("below", "above", "whole"),
    [
        ({"a": 1, "b": 2}, {"b": 3, "c": 4}, {"a": 1, "b": 3, "c": 4}),
        ({"a": {"b": 1, "c": {"d": 2}}}, {"a": {"c": {"e": 3}}}, {"a": {"b": 1, "c": {"d": 2, "e": 3}}}),
        ({"a": [1, 2]}, {"a": [3]}, {"a": [3]}),
        ({"a": {"Quantity": 1, "Items": [1]}}, {"a": {"Quantity": 0}}, {"a": {"Quantity": 0}}),
        ({"a": {"b": 1}}, {"a": HOLE}, {"a": HOLE}),
        (None, {"a": 1}, {"a": 1}),
    ],
)
def test_what_is_above_covers_what_is_below(below: Any, above: Any, whole: Any) -> None:
    """Structures member by member; lists, also those with their length, as a whole. Neither side is changed."""
    before = json.dumps(below)
    assert whole == overlay(below, above)
    assert before == json.dumps(below)
