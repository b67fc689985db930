"""How IAM writes paths and the names of policies."""

import re
from typing import Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from controller.core.model.equality import Blank, Equality

_AWS_POLICY = "arn:aws:iam::aws:policy/"


class PolicyArn(Blank):
    """A managed policy by its ARN; one of AWS's own also by what its ARN has behind `policy/`.

    That is the plain name of most (`AmazonSSMManagedInstanceCore`), and the name with its path of others
    (`service-role/AmazonECSTaskExecutionRolePolicy`). Outside AWS's commercial partition the ARN has to be written.
    """

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._whole, handler(source))

    @staticmethod
    def _whole(value: str | None) -> str | None:
        return value if not value or value.startswith("arn:") else f"{_AWS_POLICY}{value}"


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
