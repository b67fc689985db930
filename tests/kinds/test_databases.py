"""What only AWS can say of a database reaches the reader, with the node and in AWS's words."""

from pathlib import Path

import pytest

from controller.core.document.loader import load
from controller.core.model.kind import Catalog
from controller.core.model.reference import Address
from controller.sources.files import LocalFiles
from tests.kinds.backends import Moto
from tests.kinds.fixtures import kinds
from tests.kinds.kit import Program

STACK = """\
apiVersion: holdfast.dev/v1alpha1
kind: Stack
metadata: {name: kit}
spec:
  region: us-east-1
  resources:
"""
ONE_ZONE = """\
    Vpc:
      main: {cidrBlock: 10.0.0.0/16}
    Subnet:
      a: {vpc: main, cidrBlock: 10.0.1.0/24, availabilityZone: us-east-1a}
      b: {vpc: main, cidrBlock: 10.0.2.0/24, availabilityZone: us-east-1a}
    DbSubnetGroup:
      refused: {subnets: [a, b]}
"""
NO_CLASS = """\
    DbParameterGroup:
      settings: {family: postgres16}
    DbInstance:
      refused: {engine: postgres, dbInstanceClass: db.enormous, allocatedStorage: 20, parameterGroup: settings}
"""
NO_VERSION = NO_CLASS.replace("db.enormous", "db.t4g.small, engineVersion: 99")


@pytest.mark.parametrize(
    ("resources", "kind", "words"),
    [
        (ONE_ZONE, "DbSubnetGroup", "at least 2 AZs"),
        (NO_CLASS, "DbInstance", "Invalid DB Instance class: db.enormous"),
        (NO_VERSION, "DbInstance", "Cannot find version 99 for postgres"),
    ],
)
def test_aws_refusal_is_told_and_the_rest_goes_on(
    resources: str, kind: str, words: str, moto: Moto, tmp_path: Path
) -> None:
    """The refused call names its node and AWS's own reason; all other nodes are made all the same."""
    moto.fresh()
    (tmp_path / "stack.yaml").write_text(STACK + resources)
    catalog: Catalog = {each.name: each for each in kinds()}
    (stack,) = load(LocalFiles([tmp_path / "stack.yaml"]), catalog)
    turn = Program(moto, catalog).turn(stack)
    refused = [write for write in turn.writes if write.outcome != "ok"]
    assert [Address(kind, "refused")] == [write.address for write in refused]
    assert words in refused[0].message
    assert {a for a in stack.nodes if a.name != "refused"} == {w.address for w in turn.writes if w.outcome == "ok"}
