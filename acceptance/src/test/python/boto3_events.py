"""EventBridge, by boto3."""

import json

from boto3_clients import ACCOUNT, drain, events, new_queue, s3
from checks import error_of, proves

ARN = f"arn:aws:events:us-east-1:{ACCOUNT}"


def put(source, **entry):
    answer = events.put_events(Entries=[{"Source": source, "DetailType": "test", "Detail": "{}", **entry}])
    assert answer["FailedEntryCount"] == 0, answer
    return answer["Entries"][0]["EventId"]


@proves(events="CreateEventBus DescribeEventBus ListEventBuses DeleteEventBus PutPermission RemovePermission")
def check_event_buses():
    """https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-bus.html"""
    assert events.describe_event_bus()["Arn"] == f"{ARN}:event-bus/default"
    made = events.create_event_bus(Name="wire", Description="by wire")
    assert made["EventBusArn"] == f"{ARN}:event-bus/wire", made
    assert error_of(events.create_event_bus, Name="wire")[0] == "ResourceAlreadyExistsException"
    assert [bus["Name"] for bus in events.list_event_buses()["EventBuses"]] == ["default", "wire"]
    events.put_permission(EventBusName="wire", StatementId="all", Principal="*", Action="events:PutEvents")
    (statement,) = json.loads(events.describe_event_bus(Name="wire")["Policy"])["Statement"]
    assert statement["Sid"] == "all" and statement["Resource"] == made["EventBusArn"], statement
    events.remove_permission(EventBusName="wire", StatementId="all")
    assert "Policy" not in events.describe_event_bus(Name="wire")
    events.delete_event_bus(Name="wire")
    assert error_of(events.describe_event_bus, Name="wire")[0] == "ResourceNotFoundException"
    assert error_of(events.delete_event_bus, Name="default")[0] == "ValidationException"


@proves(
    events="PutRule DescribeRule ListRules DisableRule EnableRule DeleteRule PutTargets ListTargetsByRule "
    "ListRuleNamesByTarget RemoveTargets PutEvents",
    sqs="ReceiveMessage",
)
def check_rules_send_events_to_targets():
    """https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rules.html"""
    url, queue = new_queue("of-events", "events.amazonaws.com")
    rule = events.put_rule(Name="wire", EventPattern=json.dumps({"source": ["wire"], "detail": {"n": [{"numeric": [">", 1]}]}}))
    assert rule["RuleArn"] == f"{ARN}:rule/wire", rule
    assert error_of(events.put_rule, Name="bad", EventPattern='{"source":"x"}')[0] == "InvalidEventPatternException"
    assert error_of(events.put_rule, Name="bad", ScheduleExpression="rate(1 minute)")[0] == "ValidationException"
    transformer = {"InputPathsMap": {"n": "$.detail.n"}, "InputTemplate": '{"n": <n>, "rule": "<aws.events.rule-name>"}'}
    targets = [{"Id": "whole", "Arn": queue}, {"Id": "part", "Arn": queue, "InputTransformer": transformer}]
    assert events.put_targets(Rule="wire", Targets=targets)["FailedEntryCount"] == 0
    assert events.list_targets_by_rule(Rule="wire")["Targets"] == targets[::-1]
    assert events.list_rule_names_by_target(TargetArn=queue)["RuleNames"] == ["wire"]
    assert [r["Arn"] for r in events.list_rules(NamePrefix="wi")["Rules"]] == [rule["RuleArn"]]

    put("wire", Detail='{"n": 1}')
    put("other", Detail='{"n": 2}')
    id = put("wire", Detail='{"n": 2}', Resources=["r"])
    got = {**dict.fromkeys(drain(url)), **dict.fromkeys(drain(url, 0))}
    assert '{"n": 2, "rule": "wire"}' in got and len(got) == 2, got
    (event,) = [json.loads(body) for body in got if '"version"' in body]
    assert event["id"] == id and event["detail"] == {"n": 2} and event["resources"] == ["r"], event
    assert event["account"] == ACCOUNT and event["region"] == "us-east-1" and event["detail-type"] == "test", event

    events.disable_rule(Name="wire")
    assert events.describe_rule(Name="wire")["State"] == "DISABLED"
    put("wire", Detail='{"n": 3}')
    assert drain(url, 0) == []
    events.enable_rule(Name="wire")
    assert events.describe_rule(Name="wire")["State"] == "ENABLED"
    assert error_of(events.delete_rule, Name="wire")[0] == "ValidationException"
    assert events.remove_targets(Rule="wire", Ids=["whole", "part"])["FailedEntryCount"] == 0
    events.delete_rule(Name="wire")
    assert error_of(events.describe_rule, Name="wire")[0] == "ResourceNotFoundException"


@proves(events="PutEvents")
def check_events_are_refused_one_by_one():
    """https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEventsResultEntry.html"""
    good = {"Source": "wire", "DetailType": "test", "Detail": "{}"}
    answer = events.put_events(Entries=[{**good, "Source": "aws.s3"}, good, {**good, "Detail": "[]"}])
    assert answer["FailedEntryCount"] == 2, answer
    codes = [entry.get("ErrorCode") for entry in answer["Entries"]]
    assert codes == ["NotAuthorizedForSourceException", None, "MalformedDetail"], answer
    assert error_of(events.put_events, Entries=[good] * 11)[0] == "ValidationException"


@proves(events="TestEventPattern")
def check_event_patterns():
    """https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html"""
    event = {"id": "1", "account": "1", "source": "s", "time": "t", "region": "r", "resources": [], "detail-type": "d"}
    matches = lambda pattern: events.test_event_pattern(EventPattern=json.dumps(pattern), Event=json.dumps(event))["Result"]
    assert matches({"source": [{"anything-but": "x"}]}) is True
    assert matches({"source": ["x"]}) is False


@proves(events="TagResource ListTagsForResource UntagResource")
def check_rule_tags():
    """https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-tagging.html"""
    arn = events.put_rule(Name="tagged", EventPattern='{"source":["x"]}', Tags=[{"Key": "made", "Value": "with"}])["RuleArn"]
    events.tag_resource(ResourceARN=arn, Tags=[{"Key": "team", "Value": "red"}])
    events.untag_resource(ResourceARN=arn, TagKeys=["made"])
    assert events.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "team", "Value": "red"}]
    events.delete_rule(Name="tagged")
    assert error_of(events.list_tags_for_resource, ResourceARN=arn)[0] == "ResourceNotFoundException"


@proves(s3="PutBucketNotificationConfiguration GetBucketNotificationConfiguration", events="PutRule PutTargets")
def check_uploads_are_events_on_the_default_bus():
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html"""
    url, queue = new_queue("of-uploads", "events.amazonaws.com")
    s3.create_bucket(Bucket="of-events")
    s3.put_bucket_notification_configuration(Bucket="of-events", NotificationConfiguration={"EventBridgeConfiguration": {}})
    assert s3.get_bucket_notification_configuration(Bucket="of-events")["EventBridgeConfiguration"] == {}
    pattern = {"source": ["aws.s3"], "detail-type": [{"prefix": "Object "}], "detail": {"bucket": {"name": ["of-events"]}}}
    assert events.put_rule(Name="uploads", EventPattern=json.dumps(pattern))["RuleArn"] == f"{ARN}:rule/uploads"
    assert events.put_targets(Rule="uploads", Targets=[{"Id": "q", "Arn": queue}])["FailedEntryCount"] == 0
    s3.put_object(Bucket="of-events", Key="a b+ü.txt", Body=b"hello")
    s3.delete_object(Bucket="of-events", Key="a b+ü.txt")
    got = {event["detail-type"]: event for event in map(json.loads, drain(url) + drain(url, 0))}
    created, deleted = got["Object Created"], got["Object Deleted"]
    assert created["resources"] == ["arn:aws:s3:::of-events"] and created["account"] == ACCOUNT, created
    object = created["detail"]["object"]
    assert object["key"] == "a b+ü.txt" and object["size"] == 5 and object["etag"] == "5d41402abc4b2a76b9719d911017c592", object
    assert created["detail"]["reason"] == "PutObject" and created["detail"]["bucket"] == {"name": "of-events"}, created
    assert deleted["detail"]["deletion-type"] == "Permanently Deleted", deleted
    assert object["sequencer"] < deleted["detail"]["object"]["sequencer"], got
