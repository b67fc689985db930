"""Alarms as AWS shows them, see
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDataQuery.html"""

from typing import Any

from moto.cloudwatch.responses import CloudWatchResponse

from emulators.patched_moto.patching import Method, Patches

PATCHES = Patches("cloudwatch")


@PATCHES.around(CloudWatchResponse, "put_metric_alarm")
def _put(put: Method, response: Any) -> Any:
    """A metric may be another account's. moto forgets whose."""
    answer = put(response)
    alarm = response.cloudwatch_backend.alarms[response._get_param("AlarmName")]
    for query, metric in zip(alarm.metric_data_queries, response._get_param("Metrics", []), strict=True):
        query.account_id = metric.get("AccountId")
    return answer
