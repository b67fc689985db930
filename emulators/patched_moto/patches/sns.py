"""Topics as AWS shows them, see https://docs.aws.amazon.com/sns/latest/api/API_GetTopicAttributes.html"""

from typing import Any

from moto.core.utils import camelcase_to_underscores
from moto.sns.responses import SNSResponse

from emulators.patched_moto.patching import Method, Patches

PATCHES = Patches("sns")

_PROTOCOLS = ("Application", "Firehose", "HTTP", "Lambda", "SQS")
_FEEDBACK = ("SuccessFeedbackRoleArn", "SuccessFeedbackSampleRate", "FailureFeedbackRoleArn")
_UNSHOWN = (
    "ArchivePolicy",
    "FifoThroughputScope",
    "SignatureVersion",
    "TracingConfig",
    *(protocol + feedback for protocol in _PROTOCOLS for feedback in _FEEDBACK),
)


@PATCHES.around(SNSResponse, "get_topic_attributes")
def _attributes(get: Method, response: Any) -> Any:
    """Every attribute that was set is shown. moto keeps them and shows some."""
    answer = get(response)
    topic = response.backend.get_topic(response._get_param("TopicArn"))
    kept = {name: getattr(topic, camelcase_to_underscores(name), None) for name in _UNSHOWN}
    answer.result["Attributes"].update({name: value for name, value in kept.items() if value})
    return answer
