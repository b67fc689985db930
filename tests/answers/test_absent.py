"""What AWS shows of one thing and not of another has a value that AWS takes for nothing said: that is declared.

A document that says just that value would differ for ever from what shows nothing.
"""

from collections import defaultdict

from controller.core.model.equality import Blank, Default
from controller.core.model.shape import Field, Scalar
from tests.answers.recordings import KINDS
from tests.answers.test_observing import cases, listed

WITHOUT = {
    "AutoScalingGroup.desiredCapacity": "always shown",
    "RouteTable.main": "shown of the main one, and a document says it of that alone",
    "Instance.sourceDestCheck": "answers that were cut by their authors, or of EC2-Classic",
    "Volume.iops": "only some types have it, and a document says it for those",
    "Volume.throughput": "the same",
    "Vpc.ipv6NetmaskLength": "of a range that the VPC has or not",
    "ScalingPolicy.adjustmentType": "only some policies have it, and a document says it for those",
    "ScalingPolicy.scalingAdjustment": "the same",
    "ScalingPolicy.cooldown": "unset it is that of the group, which is no number of its own",
    "DbInstance.iops": "only some types of storage have it, and a document says it for those",
    "DbInstance.storageThroughput": "the same",
    "DbInstance.port": "shown once the instance is there",
    "DbInstance.performanceInsightsRetentionPeriod": "only with Performance Insights",
    "Distribution.enabled": "an example of the manual; the read before a write always has it",
    "Distribution.priceClass": "the same",
    "Distribution.httpVersion": "the same",
    "Parameter.tier": "a word of its own compares it",
}
"""Fields for which AWS has no such value, and why."""


def plain(part: Field) -> bool:
    """Whether it is a number, truth or one of several words, can be left out and changed, and has no such value."""
    scalar = part.shape
    if not isinstance(scalar, Scalar) or isinstance(scalar.equality, Blank | Default):
        return False
    fixed = part.required or part.immutable or part.write_only or part.to
    return not fixed and (scalar.type in (bool, int, float) or bool(scalar.choices))


def test_what_aws_takes_for_nothing_said_is_declared() -> None:
    """For each field that recorded answers show of some things and not of others."""
    seen: dict[str, set[bool]] = defaultdict(set)
    for kind in KINDS:
        parts = {n: p for n, p in kind.shape.fields.items() if plain(p)}
        undeclared = [
            n for n, p in parts.items() if not isinstance(getattr(p.shape, "equality", None), Blank | Default)
        ]
        for case in cases(kind) if kind.name != "Object" else ():
            for live in listed(*case.values):
                for name in undeclared:
                    seen[f"{kind.name}.{name}"].add(live.fields.get(name) is None)
    assert {name for name, shown in seen.items() if len(shown) == 2} <= WITHOUT.keys()
