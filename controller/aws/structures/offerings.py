"""What AWS offers in a region, as kinds ask for it before anything is made."""

from controller.aws.declaration.words import Offering

INSTANCE_TYPES = (
    Offering(
        "instanceType",
        "DescribeInstanceTypeOfferings",
        "InstanceTypeOfferings",
        filters={"instance-type": "instanceType"},
    ),
)
"""https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstanceTypeOfferings.html"""
