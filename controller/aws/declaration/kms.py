"""Keys of KMS, as all services name them."""

from collections.abc import Hashable
from typing import Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from controller.core.model.equality import Equality


class KmsKey(Equality):
    """A KMS key by its id or its ARN; AWS shows the ARN, whichever it was given."""

    def normal(self, value: Any) -> Hashable:
        """The id of the key; empty where there is none."""
        return str(value or "").rpartition("/")[2]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    @staticmethod
    def _check(value: str | None) -> str | None:
        if value is not None and (value.startswith("alias/") or ":alias/" in value):
            message = "AWS returns the key and never its alias {value}; write the id or the ARN of the key"
            raise PydanticCustomError("kms_key", message, {"value": value})
        return value
