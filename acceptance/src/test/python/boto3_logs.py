"""Log groups, by boto3."""

import json
import time

from boto3_clients import ACCOUNT, events, let, logs
from checks import error_of, proves, until


@proves(
    logs="CreateLogGroup DescribeLogGroups CreateLogStream DescribeLogStreams PutLogEvents GetLogEvents FilterLogEvents "
    "PutRetentionPolicy DeleteRetentionPolicy DeleteLogStream DeleteLogGroup"
)
def check_log_groups():
    """https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/Working-with-log-groups-and-streams.html"""
    logs.create_log_group(logGroupName="/wire")
    assert error_of(logs.create_log_group, logGroupName="/wire")[0] == "ResourceAlreadyExistsException"
    group = lambda: logs.describe_log_groups(logGroupNamePrefix="/wire")["logGroups"][0]
    assert group()["logGroupArn"] == f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/wire", group()
    for stream in ("s", "t"):
        logs.create_log_stream(logGroupName="/wire", logStreamName=stream)
    names = lambda: [s["logStreamName"] for s in logs.describe_log_streams(logGroupName="/wire")["logStreams"]]
    assert names() == ["s", "t"]
    now = int(time.time() * 1000)
    events = [{"timestamp": now, "message": "one ERROR ü"}, {"timestamp": now + 1, "message": "two"}]
    put = logs.put_log_events(logGroupName="/wire", logStreamName="s", logEvents=events)
    assert "rejectedLogEventsInfo" not in put, put
    got = logs.get_log_events(logGroupName="/wire", logStreamName="s", startFromHead=True)
    assert [e["message"] for e in got["events"]] == ["one ERROR ü", "two"]
    again = logs.get_log_events(logGroupName="/wire", logStreamName="s", nextToken=got["nextForwardToken"])
    assert again["events"] == [] and again["nextForwardToken"] == got["nextForwardToken"], again
    found = logs.filter_log_events(logGroupName="/wire", filterPattern="ERROR")["events"]
    assert [(e["logStreamName"], e["message"]) for e in found] == [("s", "one ERROR ü")]
    logs.put_retention_policy(logGroupName="/wire", retentionInDays=7)
    assert group()["retentionInDays"] == 7
    logs.delete_retention_policy(logGroupName="/wire")
    assert "retentionInDays" not in group()
    logs.delete_log_stream(logGroupName="/wire", logStreamName="t")
    assert names() == ["s"]
    logs.delete_log_group(logGroupName="/wire")
    assert logs.describe_log_groups(logGroupNamePrefix="/wire")["logGroups"] == []


@proves(
    logs="PutResourcePolicy DescribeResourcePolicies DeleteResourcePolicy FilterLogEvents",
    events="PutRule PutTargets PutEvents",
)
def check_events_reach_a_log_group():
    """https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html"""
    logs.create_log_group(logGroupName="/aws/events/wire")
    group = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/aws/events/wire"
    document = let("events.amazonaws.com", ["logs:CreateLogStream", "logs:PutLogEvents"], f"{group}:*")
    put = logs.put_resource_policy(policyName="events", policyDocument=document)["resourcePolicy"]
    assert put["policyName"] == "events" and json.loads(put["policyDocument"]) == json.loads(document), put
    assert [p["policyName"] for p in logs.describe_resource_policies()["resourcePolicies"]] == ["events"]
    assert events.put_rule(Name="to-logs", EventPattern='{"source":["to-logs"]}')["RuleArn"]
    assert events.put_targets(Rule="to-logs", Targets=[{"Id": "g", "Arn": group}])["FailedEntryCount"] == 0
    entry = {"Source": "to-logs", "DetailType": "test", "Detail": '{"n": 1}'}
    (id,) = [entry["EventId"] for entry in events.put_events(Entries=[entry])["Entries"]]
    (line,) = until(lambda: logs.filter_log_events(logGroupName="/aws/events/wire")["events"])
    assert json.loads(line["message"])["id"] == id, line
    logs.delete_resource_policy(policyName="events")
    assert logs.describe_resource_policies()["resourcePolicies"] == []
    assert error_of(logs.delete_resource_policy, policyName="events")[0] == "ResourceNotFoundException"


@proves(
    logs="CreateLogGroup ListTagsForResource TagResource UntagResource ListTagsLogGroup TagLogGroup UntagLogGroup"
)
def check_log_group_tags():
    """https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_TagResource.html"""
    logs.create_log_group(logGroupName="/tagged", tags={"made": "with"})
    arn = logs.describe_log_groups(logGroupNamePrefix="/tagged")["logGroups"][0]["logGroupArn"]
    tags = lambda: logs.list_tags_for_resource(resourceArn=arn)["tags"]
    assert tags() == {"made": "with"}, tags()
    logs.tag_resource(resourceArn=arn, tags={"team": "red", "empty": ""})
    logs.untag_resource(resourceArn=arn, tagKeys=["made"])
    assert tags() == {"team": "red", "empty": ""}, tags()
    # the operations before these, which older tools use
    logs.tag_log_group(logGroupName="/tagged", tags={"team": "blue"})
    logs.untag_log_group(logGroupName="/tagged", tags=["empty"])
    assert logs.list_tags_log_group(logGroupName="/tagged")["tags"] == tags() == {"team": "blue"}, tags()
    logs.delete_log_group(logGroupName="/tagged")
    assert error_of(logs.list_tags_for_resource, resourceArn=arn)[0] == "ResourceNotFoundException"
