"""The settings of a database engine, which databases share."""

from collections.abc import Iterable, Iterator

from controller.aws.declaration.kind import AwsKind
from controller.aws.declaration.words import Attribute, Create, Detail, Listing, Setter
from controller.aws.rds.db_parameter_group_spec import DbParameterGroupSpec, written
from controller.aws.rds.tags import tags_of
from controller.core.model.call import Call, Change
from controller.core.model.live import Live
from controller.core.model.node import Node
from controller.core.model.reference import Placeholder

MOST_IN_A_CALL = 20
"""The most parameters that one call changes.

https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBParameterGroup.html
"""


class DbParameterGroup(AwsKind):
    """A DB parameter group. Parameters are never reset to AWS's defaults."""

    spec, service, id_field, id_from = DbParameterGroupSpec, "rds", "DBParameterGroupName", "dbParameterGroupName"
    natural_key = ("dbParameterGroupName",)
    tagging = tags_of("pg")
    listing = Listing("DescribeDBParameterGroups", "DBParameterGroups", page=100)
    # Whether clients have to encrypt is one of them.
    reads = (Detail("parameters", "DescribeDBParameters", "Parameters", {"Source": "user"}, guards=True),)
    creation = Create("CreateDBParameterGroup", "DBParameterGroup", constant={"Description": "Managed by Holdfast"})
    deletion = "DeleteDBParameterGroup"
    attributes = {"arn": Attribute("Its ARN.", "DBParameterGroupArn")}
    setters = (
        Setter(
            "ModifyDBParameterGroup", ("parameters", "dynamicParameters"), renamed={"dynamicParameters": "Parameters"}
        ),
    )

    def settings(self, node: Node, changes: Iterable[Change], live: Live | None, me: Placeholder) -> Iterator[Call]:
        """The parameters that changed and no others, as many a call as AWS takes."""
        (setter,) = self.setters
        changed = [change for change in changes if change.field == "parameters"]
        dynamic = node.fields.get("dynamicParameters", ())
        for at in range(0, len(changed), MOST_IN_A_CALL):
            batch = changed[at : at + MOST_IN_A_CALL]
            values = {change.path.removeprefix("parameters[")[:-1]: change.desired for change in batch}
            parameters = {**self.identity(setter.operation, me), "Parameters": written(values, dynamic)}
            yield Call(self.service, setter.operation, parameters, tuple(change.path for change in batch))
