"""What a correction interrupts is said in the plan, before it is made."""

from typing import Any

import pytest

from tests.core.account import Account, stack_of, step
from tests.kinds.fixtures import kinds

DATABASE = {
    "engine": "postgres",
    "engineVersion": "16.4",
    "dbInstanceClass": "db.m7g.large",
    "allocatedStorage": 100,
    "storageType": "gp3",
    "manageMasterUserPassword": True,
    "backupRetentionPeriod": 7,
    "subnetGroup": {"id": "one"},
    "port": 5432,
    "caCertificateIdentifier": "rds-ca-rsa2048-g1",
}
INSTANCE = {"image": {"id": "ami-1"}, "instanceType": "m7g.large", "userData": "#!/bin/sh", "ebsOptimized": True}
CASES: dict[str, tuple[dict[str, Any], Any, Any]] = {
    "DbInstance.engineVersion": (DATABASE, "15.8", None),
    "DbInstance.dbInstanceClass": (DATABASE, "db.m7g.medium", None),
    "DbInstance.storageType": (DATABASE, "standard", "gp2"),
    "DbInstance.subnetGroup": (DATABASE, "other", None),
    "DbInstance.port": (DATABASE, 5433, None),
    "DbInstance.caCertificateIdentifier": (DATABASE, "rds-ca-2019", None),
    "DbInstance.backupRetentionPeriod": (DATABASE, 0, 3),
    "Instance.instanceType": (INSTANCE, "m7g.medium", None),
    "Instance.userData": (INSTANCE, "", None),
    "Instance.ebsOptimized": (INSTANCE, False, None),
}
"""A node, a live value of the field the correction of which interrupts, and one of which it does not."""


def test_every_interrupting_field_has_its_case() -> None:
    """No kind declares one without being tried, and each says where AWS says so."""
    declared = {
        f"{kind.name}.{name}": part.interrupts
        for kind in kinds()
        for name, part in kind.shape.fields.items()
        if part.interrupts
    }
    assert declared.keys() == CASES.keys()
    assert all(word.page.startswith("https://docs.aws.amazon.com/") for word in declared.values())


@pytest.mark.parametrize("case", CASES)
def test_what_interrupts_is_said(case: str) -> None:
    """The step of a correction says how it interrupts the node's work; that of any other says nothing of the sort."""
    (kind, name), (spec, interrupting, harmless) = case.split("."), CASES[case]
    account = Account(stack := stack_of({kind: {"it": spec}}))
    assert () == step(account.plan(stack), f"{kind}/it").interruptions
    account.set(f"{kind}/it", **{name: interrupting})
    (said,) = step(account.plan(stack), f"{kind}/it").interruptions
    assert said.startswith(f"{name}: ")
    if harmless is not None:
        account.set(f"{kind}/it", **{name: harmless})
        assert () == step(account.plan(stack), f"{kind}/it").interruptions
