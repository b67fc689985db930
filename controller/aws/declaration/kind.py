"""A kind of AWS is a class full of data; what follows from the data is read here.

    class Subnet(AwsKind):
        spec, service, id_field, tagging = SubnetSpec, "ec2", "SubnetId", Ec2Tags("subnet")
        listing = Listing("DescribeSubnets", "Subnets", page=1000)
        …

The words are in `words.py`, what follows from them without a call in `facts.py`; `writing.py` makes calls of them,
`items.py` and `reading.py` read with them. Where AWS is irregular a kind overrides the one method that differs.
"""

from controller.aws.declaration.reading import Observing
from controller.aws.declaration.writing import Writing
from controller.core.model.kind import Kind


class AwsKind(Observing, Writing, Kind):
    """A kind of AWS: data, and the calls and reads that follow from it."""
