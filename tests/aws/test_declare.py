"""What follows from a declaration where no emulator shows it."""

from controller.aws.catalog import catalog
from controller.core.kind import Change, Node, Surroundings
from controller.core.reference import Address, Placeholder


def test_fields_that_aws_resets_are_sent_along() -> None:
    """Another volume type puts IOPS and throughput back to its default, so the document's values go with it.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyVolume.html
    """
    address = Address("Volume", "data")
    fields = {"volumeType": "gp3", "iops": 4000, "throughput": 250, "size": 10}
    changes = [Change("volumeType", "change", "gp3", "gp2")]
    (call,) = catalog()["Volume"].update(Node(address, fields, {}), changes, None, Surroundings(lambda value: value))
    assert call.fields == ("volumeType",)
    assert call.parameters == {
        "VolumeId": Placeholder(address),
        "VolumeType": "gp3",
        "Iops": 4000,
        "Throughput": 250,
    }
