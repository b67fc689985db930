"""How IAM writes paths and the names of policies."""

import re
from typing import Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from controller.aws.client.regions import partition_of
from controller.core.model.equality import Equality


def policy_arn(value: Any, region: str) -> Any:
    """A managed policy by its ARN; one of AWS's own may be written as what its ARN has behind `policy/`.

    That is the plain name of most (`AmazonSSMManagedInstanceCore`), and the name with its path of others
    (`service-role/AmazonECSTaskExecutionRolePolicy`).
    """
    if not isinstance(value, str) or not value or value.startswith("arn:"):
        return value
    return f"arn:{partition_of(region)}:iam::aws:policy/{value}"


class Path(Equality):
    """The path of an IAM thing, such as `/` or `/teams/web/`; it becomes part of the ARN."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    @staticmethod
    def _check(value: str | None) -> str | None:
        if value is not None and not re.fullmatch(r"/|/[\x21-\x7e]+/", value):
            message = '"{value}" is not a path; it must begin and end with a slash: /teams/web/'
            raise PydanticCustomError("path", message, {"value": value})
        return value
