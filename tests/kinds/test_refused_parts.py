"""A call that sets many fields can be taken apart, so that the one that AWS refuses holds back no other."""

from pathlib import Path

import pytest

from controller.aws.declaration.kind import AwsKind
from controller.core.model.call import Call, Change
from controller.core.model.writer import WriteContext
from tests.kinds.fixtures import Sample, kinds, samples
from tests.kinds.test_ignored import live_of

KNOWN = WriteContext(known=lambda value: value)


def setting_all(sample: Sample, folder: Path) -> list[Call]:
    """The calls that set all that can be set of the node under test, which is live as the document says."""
    stack = sample.stack(folder)
    node, live = stack.nodes[sample.it], live_of(stack, sample.it)
    names = [name for setter in sample.kind.whole_setters for name in setter.fields if name in node.fields]
    changes = [Change(name, "change", node.fields[name], None) for name in dict.fromkeys(names)]
    return list(sample.kind.update(node, changes, live, KNOWN))


@pytest.mark.parametrize("sample", samples(), ids=str)
def test_the_parts_of_a_call_set_what_it_sets(sample: Sample, tmp_path: Path) -> None:
    """Each part sets some of its fields and nothing that it does not set; together they set them all; AWS's model
    takes each."""
    for call in setting_all(sample, tmp_path):
        parts = call.apart
        assert set(call.fields) == {name for part in parts for name in part.fields} or not parts
        assert [] == [problem for part in parts for problem in sample.kind.problems(part)]
        for part in parts:
            assert (call.operation, call.service) == (part.operation, part.service)
            assert part.parameters.keys() <= call.parameters.keys()


@pytest.mark.parametrize("kind", kinds(), ids=lambda kind: kind.name)
def test_what_is_written_whole_is_not_taken_apart(kind: AwsKind) -> None:
    """A part of what AWS replaces as a whole would take back the part before it."""
    assert [] == [each for each in kind.setters if each.separable and each.whole]
    assert not (kind.read_modify_write and any(each.separable for each in kind.setters))


def test_the_setters_that_are_taken_apart(tmp_path: Path) -> None:
    """The calls that set several things of one kind, and can be refused for one of them."""
    found = {
        (each.kind.name, call.operation) for each in samples() for call in setting_all(each, tmp_path) if call.apart
    }
    assert TAKEN_APART == found


TAKEN_APART = {
    ("AutoScalingGroup", "UpdateAutoScalingGroup"),
    ("DbInstance", "ModifyDBInstance"),
    ("Queue", "SetQueueAttributes"),
    ("Secret", "UpdateSecret"),
    ("Volume", "ModifyVolume"),
}
