"""What follows from a declaration where no emulator shows it."""

import pytest

from controller.aws.catalog import catalog
from controller.core.model.call import Change
from controller.core.model.live import Live
from controller.core.model.node import Lifecycle, Node
from controller.core.model.reference import Address, Placeholder
from controller.core.model.writer import WriteContext


def test_fields_that_aws_resets_are_sent_along() -> None:
    """Another volume type puts IOPS and throughput back to its default, so the document's values go with it.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyVolume.html
    """
    address = Address("Volume", "data")
    fields = {"volumeType": "gp3", "iops": 4000, "throughput": 250, "size": 10}
    changes = [Change("volumeType", "change", "gp3", "gp2")]
    (call,) = catalog()["Volume"].update(Node(address, fields, {}), changes, None, WriteContext(lambda value: value))
    assert call.fields == ("volumeType",)
    assert call.parameters == {
        "VolumeId": Placeholder(address),
        "VolumeType": "gp3",
        "Iops": 4000,
        "Throughput": 250,
    }


@pytest.mark.parametrize(
    ("lifecycle", "sent"),
    [
        (Lifecycle(additive=frozenset({"securityGroups"})), ["sg-ours", "sg-new", "sg-theirs"]),
        (Lifecycle(), ["sg-ours", "sg-new"]),
    ],
)
def test_strangers_that_may_stay_are_sent_along(lifecycle: Lifecycle, sent: list[str]) -> None:
    """Where AWS takes the whole list at once, those of others go with the document's, if it lets them be."""
    fields = {"securityGroups": ["sg-ours", "sg-new"]}
    live = Live("LoadBalancer", "web", {"securityGroups": ["sg-theirs", "sg-ours"]}, {})
    node = Node(Address("LoadBalancer", "web"), fields, {}, lifecycle)
    changes = [Change("securityGroups[sg-new]", "add", "sg-new", None)]
    (call,) = catalog()["LoadBalancer"].update(node, changes, live, WriteContext(lambda value: value))
    assert ("SetSecurityGroups", sent) == (call.operation, call.parameters["SecurityGroups"])
