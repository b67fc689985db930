"""Parameters as AWS shows them, see
https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_ParameterMetadata.html"""

import json
from typing import Any

from moto.ssm.models import Parameter

from emulators.patched_moto.patching import Method, Patches

PATCHES = Patches("ssm")


@PATCHES.around(Parameter, "response_object")
def _shown(show: Method, parameter: Any, *arguments: Any, **keywords: Any) -> dict[str, Any]:
    """A policy is shown as its text and its type. moto shows Python's idea of it for both."""
    shown: dict[str, Any] = show(parameter, *arguments, **keywords)
    if "Policies" in shown:
        shown["Policies"] = [
            {"PolicyText": json.dumps(policy), "PolicyType": policy["Type"], "PolicyStatus": "Pending"}
            for policy in json.loads(parameter.policies)
        ]
    return shown
