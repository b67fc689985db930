"""Queues as AWS keeps them, see
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
"""

from typing import Any

from moto.core.utils import camelcase_to_underscores
from moto.sqs.models import Queue
from moto.sqs.responses import SQSResponse

from emulators.patched_moto.patching import Method, Patches

PATCHES = Patches("sqs")

_ALLOWED = "RedriveAllowPolicy"


@PATCHES.around(Queue, "_set_attributes")
def _set(put: Method, queue: Any, attributes: dict[str, Any], *now: float) -> None:
    """What is not named stays. moto takes the policy off with whatever else is set."""
    kept = queue.policy if hasattr(queue, "_policy_json") else None
    put(queue, {"Policy": kept, **attributes}, *now)


@PATCHES.around(SQSResponse, "get_queue_attributes")
def _attributes(get: Method, response: Any) -> Any:
    """Who may use it as a dead-letter queue is shown. moto keeps it."""
    answer = get(response)
    queue = response.sqs_backend.get_queue(response._get_queue_name())
    allowed = getattr(queue, camelcase_to_underscores(_ALLOWED), None)
    if allowed and {"All", _ALLOWED} & {*response._get_param("AttributeNames", [])}:
        answer.result["Attributes"][_ALLOWED] = allowed
    return answer
