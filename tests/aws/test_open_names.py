"""Names that documents leave open, against AWS's rules for names: what cannot be made legal is refused offline."""

from pathlib import Path
from typing import Any

import pytest
from yaml import safe_dump

from controller.aws.catalog import catalog
from controller.core.document.loader import load
from controller.core.document.problem import DocumentError
from controller.core.model.node import Node
from controller.sources.files import LocalFiles


def loaded(tmp_path: Path, stack: str, kind: str, name: str, **fields: Any) -> Node:
    """The one node of a document."""
    document = {
        "apiVersion": "holdfast.dev/v1alpha1",
        "kind": "Stack",
        "metadata": {"name": stack},
        "spec": {"region": "eu-west-1", "resources": {kind: {name: fields}}},
    }
    path = tmp_path / "stack.yaml"
    path.write_text(safe_dump(document))
    ((read,),) = ([*each.nodes.values()] for each in load(LocalFiles([path]), catalog()))
    return read


DB: dict[str, Any] = {"engine": "mysql", "dbInstanceClass": "db.t3.micro"}
SUBNETS: dict[str, Any] = {"description": "two", "subnets": [{"id": "subnet-1"}, {"id": "subnet-2"}]}
FAMILY: dict[str, Any] = {"family": "mysql8.4", "description": "ours"}
TIER: dict[str, Any] = {"subnets": [{"id": "subnet-1"}, {"id": "subnet-2"}]}
TARGETS: dict[str, Any] = {"protocol": "HTTP", "port": 80, "vpc": {"id": "vpc-1"}}
TEXT: dict[str, Any] = {"type": "String", "value": "x"}


@pytest.mark.parametrize(
    ("stack", "kind", "name", "fields", "words"),
    [
        ("1web", "DbInstance", "db", DB, "must begin with a letter"),
        ("web", "DbInstance", "d--b", DB, "must not contain two hyphens in a row"),
        ("we--b", "DbSubnetGroup", "db", SUBNETS, "must not contain two hyphens in a row"),
        ("1web", "DbParameterGroup", "db", FAMILY, "must begin with a letter"),
        ("internal", "LoadBalancer", "web", TIER, "must not begin with internal-"),
        ("internal", "TargetGroup", "web", TARGETS, "must not begin with internal-"),
        ("sg", "SecurityGroup", "web", {"vpc": {"id": "vpc-1"}}, "must not begin with sg-"),
        ("awsome", "Parameter", "web", TEXT, "must not begin with aws or ssm"),
        ("ssm", "Parameter", "web", TEXT, "must not begin with aws or ssm"),
        ("web", "Bucket", "s3alias", {}, "its prefix or suffix is reserved by S3"),
        ("xn--web", "Bucket", "logs", {}, "its prefix or suffix is reserved by S3"),
    ],
)
def test_a_name_that_aws_would_refuse_is_told_offline(
    tmp_path: Path, stack: str, kind: str, name: str, fields: dict[str, Any], words: str
) -> None:
    """Validation says what is wrong with the name, and that the document may give another."""
    with pytest.raises(DocumentError) as told:
        loaded(tmp_path, stack, kind, name, **fields)
    (problem,) = told.value.problems
    assert words in problem.message
    assert "set one yourself" in problem.message


@pytest.mark.parametrize(
    ("stack", "kind", "name", "fields", "field"),
    [
        ("1web", "DbInstance", "db", {**DB, "dbInstanceIdentifier": "web-db"}, "dbInstanceIdentifier"),
        (
            "web",
            "DbInstance",
            "a-long-name-of-a-database-that-is-cut-right-behind-a-hyphen",
            DB,
            "dbInstanceIdentifier",
        ),
        ("internals", "LoadBalancer", "web", TIER, "name"),
        ("web", "TargetGroup", "internal-api", TARGETS, "name"),
    ],
)
def test_a_name_that_aws_takes_is_taken(
    tmp_path: Path, stack: str, kind: str, name: str, fields: dict[str, Any], field: str
) -> None:
    """A name of one's own, one that is cut, and one that only looks like one that is kept."""
    node = loaded(tmp_path, stack, kind, name, **fields)
    assert "--" not in node.fields[field]


def test_what_takes_no_tags_has_a_name_that_marks(tmp_path: Path) -> None:
    """Where nothing else says whose a thing is, its name has a hash that nobody gives by hand."""
    fields = {"image": {"id": "ami-1"}, "instanceType": "t3.small"}
    node = loaded(tmp_path, "web", "LaunchConfiguration", "app", **fields)
    assert "web-app-f5e9bf0f" == node.fields["launchConfigurationName"]
