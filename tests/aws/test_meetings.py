"""Two nodes that would take one live thing for theirs are told when their documents are loaded together."""

from pathlib import Path
from typing import Any

import pytest
from yaml import safe_dump

from controller.aws.catalog import catalog
from controller.core.document.loader import load, read_object
from controller.core.document.problem import DocumentError
from controller.sources.files import LocalFiles

Resources = dict[str, dict[str, dict[str, Any]]]
DB = {"engine": "mysql", "dbInstanceClass": "db.t3.micro", "allocatedStorage": 20, "masterUsername": "admin"}
GROUP = {"Vpc": {"main": {"cidrBlock": "10.0.0.0/16"}}, "SecurityGroup": {"a": {"vpc": "main", "groupName": "door"}}}
ROLE = {"Role": {"a": {"roleName": "Web", "assumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": []}}}}
TOPIC = {"Topic": {"a": {"name": "news"}}}
HERE, THERE = {"region": "eu-west-1"}, {"region": "us-east-1"}


def document(name: str, resources: Resources, **spec: Any) -> dict[str, Any]:
    """A document."""
    return {
        "apiVersion": "holdfast.dev/v1alpha1",
        "kind": "Stack",
        "metadata": {"name": name},
        "spec": {**HERE, **spec, "resources": resources},
    }


def told(folder: Path, *documents: dict[str, Any]) -> list[str]:
    """Where each problem of the documents is, when they are loaded together."""
    for each in documents:
        (folder / f"{each['metadata']['name']}.yaml").write_text(safe_dump(each))
    try:
        load(LocalFiles([folder]), catalog())
    except DocumentError as error:
        return [f"{Path(each.file).stem} {each.path}" for each in error.problems]
    return []


@pytest.mark.parametrize(
    ("one", "other", "field"),
    [
        (document("one", TOPIC), document("two", TOPIC), "spec.resources.Topic.a.name"),
        (document("one", ROLE), document("two", ROLE, **THERE), "spec.resources.Role.a.roleName"),
        (
            document("one", {"Bucket": {"a": {"bucketName": "logs"}}}, accountId="1" * 12),
            document("two", {"Bucket": {"a": {"bucketName": "logs"}}}, accountId="2" * 12, **THERE),
            "spec.resources.Bucket.a.bucketName",
        ),
        (document("one", TOPIC, accountId="1" * 12), document("two", TOPIC), "spec.resources.Topic.a.name"),
        (
            document("one", GROUP),
            document(
                "two",
                {"SecurityGroup": {"a": {"vpc": {"stack": "one", "name": "Vpc/main"}, "groupName": "door"}}},
            ),
            "spec.resources.SecurityGroup.a.groupName",
        ),
    ],
    ids=["region", "account", "world", "maybe one account", "within"],
)
def test_two_stacks_with_one_name_are_both_told(
    tmp_path: Path, one: dict[str, Any], other: dict[str, Any], field: str
) -> None:
    """In one region; in one account or in the world, whatever the regions; within the same other thing."""
    assert [f"one {field}", f"two {field}"] == told(tmp_path, one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (document("one", TOPIC), document("two", TOPIC, **THERE)),
        (document("one", ROLE, accountId="1" * 12), document("two", ROLE, accountId="2" * 12)),
        (document("one", GROUP), document("two", GROUP)),
        (document("one", TOPIC), document("two", {"LogGroup": {"a": {"logGroupName": "news"}}})),
        (document("one", {"Topic": {"a": {}}}), document("two", {"Topic": {"a": {}}})),
    ],
    ids=["other region", "other account", "other place", "other kind", "open"],
)
def test_names_that_do_not_meet(tmp_path: Path, one: dict[str, Any], other: dict[str, Any]) -> None:
    """The same name somewhere else is another thing."""
    assert [] == told(tmp_path, one, other)


def test_an_open_name_that_another_stack_fixes(tmp_path: Path) -> None:
    """What a document leaves open has a name all the same."""
    nodes = document("web", {"DbInstance": {"db": {**DB, "manageMasterUserPassword": True}}})
    fixed = {**DB, "manageMasterUserPassword": True, "dbInstanceIdentifier": "Web-DB"}
    places = told(tmp_path, nodes, document("z", {"DbInstance": {"other": fixed}}))
    assert ["web spec.resources.DbInstance.db", "z spec.resources.DbInstance.other.dbInstanceIdentifier"] == places


def test_each_is_told_where_the_other_is(tmp_path: Path) -> None:
    """File, line and column of the other, and its stack."""
    told(tmp_path, document("one", TOPIC), document("two", TOPIC))
    with pytest.raises(DocumentError) as error:
        load(LocalFiles([tmp_path]), catalog())
    first, second = error.value.problems
    assert f"of stack two ({tmp_path / 'two.yaml'}:" in first.message
    assert f"of stack one ({tmp_path / 'one.yaml'}:" in second.message


def test_two_nodes_of_one_stack(tmp_path: Path) -> None:
    """They meet no less, in a file and in an object of Kubernetes."""
    nodes = document("one", {"Topic": {"a": {"name": "news"}, "b": {"name": "news"}}})
    expected = ["one spec.resources.Topic.a.name", "one spec.resources.Topic.b.name"]
    assert expected == told(tmp_path, nodes)
    with pytest.raises(DocumentError, match=r"Topic/b of stack one \(spec.resources.Topic.b.name\)"):
        read_object(nodes, "x", catalog())
