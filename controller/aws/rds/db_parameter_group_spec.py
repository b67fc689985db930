"""What a document says of a parameter group, and how AWS writes parameters."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from controller.aws.declaration.forms import LETTER_FIRST
from controller.core.model.equality import LowerName
from controller.core.model.spec import Aws, Form, Immutable, Named, Tagged, WriteSetting


def _text(value: Any) -> Any:
    """A number as AWS writes it. What true is, 1 or `on`, only the parameter knows."""
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def values_of(parameters: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """The values by name in AWS's list of parameters."""
    return {
        parameter["ParameterName"]: parameter["ParameterValue"]
        for parameter in parameters
        if "ParameterValue" in parameter
    }


def written(values: Mapping[str, Any], dynamic: Sequence[str] = ()) -> list[dict[str, Any]]:
    """Parameters as AWS takes them: at once where they are dynamic, at the next reboot where they are not."""
    return [
        {
            "ParameterName": name,
            "ParameterValue": value,
            "ApplyMethod": "immediate" if name in dynamic else "pending-reboot",
        }
        for name, value in values.items()
    ]


_Value = Annotated[str, BeforeValidator(_text), WithJsonSchema({"type": ["string", "integer", "number"]})]


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
    parameters: Annotated[dict[str, _Value] | None, Form(read=values_of, write=written)] = None
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
