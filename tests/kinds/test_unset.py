"""What a document leaves unset is not ours: a thing that has it otherwise is never replaced for that, in any kind."""

from pathlib import Path
from typing import Any

import pytest

from controller.core.model.spec import Tagged
from controller.core.planning.step import Action
from tests.core.account import Account, stack_of, step
from tests.kinds.fixtures import Sample, samples
from tests.kinds.test_ignored import live_of, step_of


def unset(sample: Sample) -> list[str]:
    """The immutable fields of which the document says nothing, and that no other field of it decides."""
    said = {*sample.tree["spec"]["resources"][sample.kind.name][sample.it.name]}
    fields = sample.kind.shape.fields
    own = {"tags"} if issubclass(sample.kind.spec, Tagged) else set()
    decided = {"groupName"} if "default" in said else set()
    key = {sample.kind.id_from, *({*sample.kind.natural_key} if not sample.kind.tagged else ())}
    return [n for n, part in fields.items() if part.immutable and n not in said | own | decided | key]


CASES = [pytest.param(sample, name, id=f"{sample}-{name}") for sample in samples() for name in unset(sample)]


@pytest.mark.parametrize(("sample", "name"), CASES)
def test_what_is_left_unset_replaces_nothing(sample: Sample, name: str, tmp_path: Path) -> None:
    """Whatever AWS shows of an immutable field that the document does not name, the plan has nothing against it."""
    stack = sample.stack(tmp_path, {saved: f"{saved}-id" for saved in sample.saved})
    shown: dict[str, Any] = {**live_of(stack, sample.it).fields, name: "what somebody chose"}
    found = step_of(stack, sample.it, shown)
    assert Action.REPLACE is not found.action
    assert name not in [change.field for change in found.changes]


def test_an_adopted_group_keeps_its_name_and_description() -> None:
    """They were given by whoever made it, and AWS changes neither."""
    group = {"vpc": "main", "egress": []}
    account = Account(
        stack := stack_of({"Vpc": {"main": {"cidrBlock": "10.0.0.0/16"}}, "SecurityGroup": {"it": group}})
    )
    account.set("SecurityGroup/it", groupName="theirs", description="made by hand")
    assert Action.NONE is step(account.plan(stack), "SecurityGroup/it").action
