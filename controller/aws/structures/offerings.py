"""What AWS offers in a region, as kinds ask for it before anything is made."""

from controller.aws.declaration.offerings import Offering


def instance_types(path: str = "instanceType") -> tuple[Offering, ...]:
    """The types of instances, for the field at a path that names some.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstanceTypeOfferings.html
    """
    operation, items = "DescribeInstanceTypeOfferings", "InstanceTypeOfferings"
    return (Offering(path, "ec2", operation, items, "InstanceType", filter="instance-type"),)
