"""The schema for editors as far as the API server follows it."""

from typing import Any

from controller.core.model.limits import LIMITED


def without_limits(schema: Any) -> Any:
    """A schema without the limits that only `holdfast validate` judges."""
    if isinstance(schema, list):
        return [without_limits(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    return {key: without_limits(part) for key, part in schema.items() if key not in schema.get(LIMITED, ())}
