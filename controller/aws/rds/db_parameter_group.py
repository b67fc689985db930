"""The settings of a database engine, which databases share."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Annotated, Any

from pydantic import BeforeValidator, model_validator
from pydantic_core import PydanticCustomError

from controller.aws.declaration.forms import LETTER_FIRST
from controller.aws.declaration.kind import AwsKind
from controller.aws.declaration.words import Attribute, Create, Detail, Listing, Setter
from controller.aws.rds.tags import tags_of
from controller.core.model.call import Call, Change
from controller.core.model.equality import LowerName
from controller.core.model.live import Live
from controller.core.model.node import Node
from controller.core.model.reference import Placeholder
from controller.core.model.spec import Aws, Form, Immutable, Named, Tagged, WriteSetting

MOST_IN_A_CALL = 20
"""The most parameters that one call changes.

https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBParameterGroup.html
"""


def _text(value: Any) -> Any:
    """A number as AWS writes it. What true is, 1 or `on`, only the parameter knows."""
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def values_of(parameters: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """The values by name in AWS's list of parameters."""
    return {each["ParameterName"]: each["ParameterValue"] for each in parameters if "ParameterValue" in each}


def _written(values: Mapping[str, Any], dynamic: Sequence[str] = ()) -> list[dict[str, Any]]:
    """Parameters as AWS takes them: at once where they are dynamic, at the next reboot where they are not."""
    return [
        {
            "ParameterName": name,
            "ParameterValue": value,
            "ApplyMethod": "immediate" if name in dynamic else "pending-reboot",
        }
        for name, value in values.items()
    ]


class DbParameterGroupSpec(Tagged):
    """https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBParameterGroup.html"""

    db_parameter_group_name: Annotated[
        str | None, Named(limit=255, legal=LETTER_FIRST), LowerName(), Immutable(), Aws("DBParameterGroupName")
    ] = None
    """Its name, which AWS keeps in lower case. Unset: `<stack>-<name>`."""
    family: Annotated[str, Immutable(), Aws("DBParameterGroupFamily")]
    """The DB parameter group family, such as `postgres16` or `mysql8.0`."""
    description: Annotated[str | None, Immutable()] = None
    """What it is for; AWS cannot change it later. Unset, a new one says `Managed by Holdfast`."""
    parameters: Annotated[
        dict[str, Annotated[str, BeforeValidator(_text)]] | None, Form(read=values_of, write=_written)
    ] = None
    """Values by name, such as `max_connections: 200`. Only those named here are managed, and one that is taken out of
    the document keeps its value. They take effect at the next reboot of a DB instance; Holdfast never reboots one."""
    dynamic_parameters: Annotated[list[str] | None, WriteSetting()] = None
    """Names of dynamic parameters, which take effect at once, without a reboot. AWS refuses that for static
    parameters, such as `max_connections` of PostgreSQL."""

    @model_validator(mode="after")
    def _dynamic_ones_are_set(self) -> "DbParameterGroupSpec":
        for name in self.dynamic_parameters or ():
            if name not in (self.parameters or {}):
                message = 'dynamicParameters names "{name}", which parameters does not set'
                raise PydanticCustomError("parameters", message, {"name": name})
        return self


class DbParameterGroup(AwsKind):
    """A DB parameter group. Parameters are never reset to AWS's defaults."""

    spec, service, id_field, id_from = DbParameterGroupSpec, "rds", "DBParameterGroupName", "dbParameterGroupName"
    natural_key = ("dbParameterGroupName",)
    tagging = tags_of("pg")
    listing = Listing("DescribeDBParameterGroups", "DBParameterGroups", page=100, size="MaxRecords")
    # Whether clients have to encrypt is one of them.
    reads = (Detail("parameters", "DescribeDBParameters", "Parameters", {"Source": "user"}, guards=True),)
    creation = Create("CreateDBParameterGroup", "DBParameterGroup", constant={"Description": "Managed by Holdfast"})
    deletion = "DeleteDBParameterGroup"
    attributes = {"arn": Attribute("Its ARN.", "DBParameterGroupArn")}
    setters = (
        Setter(
            "ModifyDBParameterGroup",
            ("parameters", "dynamicParameters"),
            renamed={"dynamicParameters": "Parameters"},
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
            parameters = {**self.identity(setter.operation, me), "Parameters": _written(values, dynamic)}
            yield Call(self.service, setter.operation, parameters, tuple(change.path for change in batch))
