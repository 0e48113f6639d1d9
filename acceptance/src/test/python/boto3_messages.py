"""Topics and queues, by boto3."""

import http.server
import json
import queue
import threading

import boto3
from botocore.config import Config

from boto3_clients import ACCOUNT, drain, new_queue, s3, sns, sqs, statement
from checks import error_of, proves


@proves(
    sns="CreateTopic Subscribe Publish SetSubscriptionAttributes GetSubscriptionAttributes ListTopics Unsubscribe DeleteTopic",
    sqs="ReceiveMessage",
)
def check_topics():
    """https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html, …/sns-subscription-filter-policies.html"""
    topic = sns.create_topic(Name="wire")["TopicArn"]
    assert topic == f"arn:aws:sns:us-east-1:{ACCOUNT}:wire" and sns.create_topic(Name="wire")["TopicArn"] == topic
    url, arn = new_queue("topic", "sns.amazonaws.com")
    subscription = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, ReturnSubscriptionArn=True)["SubscriptionArn"]
    attributes = {"kind": {"DataType": "String", "StringValue": "a"}}
    published = sns.publish(TopicArn=topic, Message="hello", Subject="S", MessageAttributes=attributes)["MessageId"]
    (body,) = [json.loads(body) for body in drain(url)]
    assert body["Message"] == "hello" and body["MessageId"] == published and body["Type"] == "Notification", body
    assert body["MessageAttributes"]["kind"]["Value"] == "a" and body["SignatureVersion"] == "1", body
    for name, value in [("RawMessageDelivery", "true"), ("FilterPolicy", '{"kind": ["b"]}')]:
        sns.set_subscription_attributes(SubscriptionArn=subscription, AttributeName=name, AttributeValue=value)
        assert sns.get_subscription_attributes(SubscriptionArn=subscription)["Attributes"][name] == value
    sns.publish(TopicArn=topic, Message="filtered out", MessageAttributes=attributes)
    attributes["kind"]["StringValue"] = "b"
    texts = json.dumps({"default": "d", "sqs": "for queues"})
    sns.publish(TopicArn=topic, Message=texts, MessageStructure="json", MessageAttributes=attributes)
    assert drain(url) == ["for queues"]
    assert error_of(sns.publish, TopicArn=topic + "x", Message="m")[0] == "NotFound"
    assert error_of(sns.publish, TopicArn=topic, Message="")[0] == "InvalidParameter"
    sns.unsubscribe(SubscriptionArn=subscription)
    assert error_of(sns.get_subscription_attributes, SubscriptionArn=subscription) == ("NotFound", 404)
    sns.delete_topic(TopicArn=topic)
    assert topic not in [t["TopicArn"] for t in sns.list_topics()["Topics"]]


@proves(sns="GetTopicAttributes SetTopicAttributes AddPermission RemovePermission TagResource ListTagsForResource UntagResource")
def check_topic_attributes():
    topic = sns.create_topic(Name="attributes")["TopicArn"]
    attributes = lambda: sns.get_topic_attributes(TopicArn=topic)["Attributes"]
    assert attributes()["Owner"] == ACCOUNT and attributes()["SubscriptionsConfirmed"] == "0"
    sns.set_topic_attributes(TopicArn=topic, AttributeName="DisplayName", AttributeValue="Wire")
    assert attributes()["DisplayName"] == "Wire"
    sns.add_permission(TopicArn=topic, Label="friends", AWSAccountId=[ACCOUNT], ActionName=["Publish"])
    sids = lambda: [s["Sid"] for s in json.loads(attributes()["Policy"])["Statement"]]
    assert "friends" in sids()
    sns.remove_permission(TopicArn=topic, Label="friends")
    assert "friends" not in sids()
    sns.tag_resource(ResourceArn=topic, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    sns.untag_resource(ResourceArn=topic, TagKeys=["a"])
    assert sns.list_tags_for_resource(ResourceArn=topic)["Tags"] == [{"Key": "b", "Value": "2"}]


@proves(sns="ConfirmSubscription Subscribe ListSubscriptions ListSubscriptionsByTopic Publish")
def check_an_http_subscriber_confirms():
    """https://docs.aws.amazon.com/sns/latest/dg/SendMessageToHttp.prepare.html"""
    posts = queue.Queue()

    class Subscriber(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            posts.put((self.headers, json.loads(self.rfile.read(int(self.headers["Content-Length"])))))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Subscriber)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    topic = sns.create_topic(Name="http")["TopicArn"]
    endpoint = f"http://127.0.0.1:{server.server_port}/hook"
    assert sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=endpoint)["SubscriptionArn"] == "pending confirmation"
    headers, body = posts.get(timeout=20)
    assert headers["x-amz-sns-message-type"] == body["Type"] == "SubscriptionConfirmation", body
    assert [s["SubscriptionArn"] for s in sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]] == ["PendingConfirmation"]
    assert error_of(sns.confirm_subscription, TopicArn=topic, Token="0" * 64)[0] == "InvalidParameter"
    confirmed = sns.confirm_subscription(TopicArn=topic, Token=body["Token"])["SubscriptionArn"]
    assert confirmed.startswith(topic + ":"), confirmed
    assert confirmed in [s["SubscriptionArn"] for s in sns.list_subscriptions()["Subscriptions"]]
    published = sns.publish(TopicArn=topic, Message="hello ü")["MessageId"]
    headers, body = posts.get(timeout=20)
    assert headers["x-amz-sns-message-id"] == published and body["Message"] == "hello ü", body
    server.shutdown()


@proves(sns="PublishBatch")
def check_a_batch_of_messages_to_a_topic():
    topic = sns.create_topic(Name="batch")["TopicArn"]
    url, arn = new_queue("batch-of-topic", "sns.amazonaws.com")
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
    entries = [{"Id": "a", "Message": "one"}, {"Id": "b", "Message": "two"}, {"Id": "c", "Message": ""}]
    answer = sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=entries)
    assert [s["Id"] for s in answer["Successful"]] == ["a", "b"], answer
    assert [(f["Id"], f["Code"], f["SenderFault"]) for f in answer["Failed"]] == [("c", "InvalidParameter", True)], answer
    received = []
    while len(received) < 2:
        received += drain(url)
    assert sorted(received) == ["one", "two"]


@proves(
    sqs="CreateQueue GetQueueUrl ListQueues GetQueueAttributes SetQueueAttributes TagQueue ListQueueTags UntagQueue DeleteQueue"
)
def check_queues():
    url = sqs.create_queue(QueueName="made", Attributes={"VisibilityTimeout": "7"})["QueueUrl"]
    assert sqs.get_queue_url(QueueName="made")["QueueUrl"] == url and url in sqs.list_queues(QueueNamePrefix="ma")["QueueUrls"]
    attributes = lambda: sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert attributes()["VisibilityTimeout"] == "7" and attributes()["QueueArn"].endswith(f":{ACCOUNT}:made")
    assert error_of(sqs.create_queue, QueueName="made", Attributes={"VisibilityTimeout": "8"})[0] == "QueueAlreadyExists"
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "9"})
    assert attributes()["VisibilityTimeout"] == "9"
    sqs.tag_queue(QueueUrl=url, Tags={"a": "1", "b": "2"})
    sqs.untag_queue(QueueUrl=url, TagKeys=["a"])
    assert sqs.list_queue_tags(QueueUrl=url)["Tags"] == {"b": "2"}
    sqs.delete_queue(QueueUrl=url)
    assert error_of(sqs.get_queue_url, QueueName="made")[0].endswith("NonExistentQueue")
    assert error_of(sqs.create_queue, QueueName="f.fifo", Attributes={"FifoQueue": "true"})[1] == 400


@proves(sqs="SendMessage ReceiveMessage ChangeMessageVisibility DeleteMessage PurgeQueue")
def check_messages():
    """https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html"""
    url = sqs.create_queue(QueueName="messages")["QueueUrl"]
    attributes = {"n": {"DataType": "Number", "StringValue": "1"}, "raw": {"DataType": "Binary", "BinaryValue": b"\x00\xff"}}
    sent = sqs.send_message(QueueUrl=url, MessageBody="hällo", MessageAttributes=attributes)
    call = {"QueueUrl": url, "WaitTimeSeconds": 20, "MessageAttributeNames": ["All"], "AttributeNames": ["All"]}
    (message,) = sqs.receive_message(**call)["Messages"]
    assert message["MessageId"] == sent["MessageId"] and message["Body"] == "hällo", message
    assert message["MD5OfMessageAttributes"] == sent["MD5OfMessageAttributes"], message
    assert message["MessageAttributes"]["raw"]["BinaryValue"] == b"\x00\xff", message
    assert message["Attributes"]["ApproximateReceiveCount"] == "1", message
    assert "Messages" not in sqs.receive_message(QueueUrl=url)  # it is in flight
    sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0)
    (message,) = sqs.receive_message(**call)["Messages"]
    assert message["Attributes"]["ApproximateReceiveCount"] == "2", message
    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    left = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessagesNotVisible"])
    assert left["Attributes"]["ApproximateNumberOfMessagesNotVisible"] == "0"
    sqs.send_message(QueueUrl=url, MessageBody="to be purged")
    sqs.purge_queue(QueueUrl=url)
    assert drain(url, wait=0) == []


@proves(sqs="SendMessageBatch ChangeMessageVisibilityBatch DeleteMessageBatch")
def check_batches_of_messages():
    url = sqs.create_queue(QueueName="batches")["QueueUrl"]
    sent = sqs.send_message_batch(QueueUrl=url, Entries=[{"Id": i, "MessageBody": f"body {i}"} for i in "ab"])
    assert sorted(s["Id"] for s in sent["Successful"]) == ["a", "b"] and "Failed" not in sent, sent
    receive = lambda: sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=20)["Messages"]
    messages = receive()
    while len(messages) < 2:
        messages += receive()
    entries = [{"Id": str(n), "ReceiptHandle": m["ReceiptHandle"]} for n, m in enumerate(messages)]
    shown = sqs.change_message_visibility_batch(QueueUrl=url, Entries=[{**e, "VisibilityTimeout": 0} for e in entries])
    assert len(shown["Successful"]) == 2, shown
    messages = receive()
    while len(messages) < 2:
        messages += receive()
    assert sorted(m["Body"] for m in messages) == ["body a", "body b"]
    entries = [{"Id": str(n), "ReceiptHandle": m["ReceiptHandle"]} for n, m in enumerate(messages)]
    gone = sqs.delete_message_batch(QueueUrl=url, Entries=[*entries, {"Id": "x", "ReceiptHandle": "none"}])
    assert len(gone["Successful"]) == 2 and [f["Id"] for f in gone["Failed"]] == ["x"], gone
    same = [{"Id": "a", "MessageBody": "1"}, {"Id": "a", "MessageBody": "2"}]
    assert "NotDistinct" in error_of(sqs.send_message_batch, QueueUrl=url, Entries=same)[0]


@proves(sqs="ListDeadLetterSourceQueues")
def check_dead_letters():
    """https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html"""
    dead = sqs.create_queue(QueueName="dead")["QueueUrl"]
    redrive = json.dumps({"deadLetterTargetArn": f"arn:aws:sqs:us-east-1:{ACCOUNT}:dead", "maxReceiveCount": 1})
    source = sqs.create_queue(QueueName="source", Attributes={"RedrivePolicy": redrive, "VisibilityTimeout": "0"})["QueueUrl"]
    assert sqs.list_dead_letter_source_queues(QueueUrl=dead)["queueUrls"] == [source]
    sqs.send_message(QueueUrl=source, MessageBody="poison")
    assert sqs.receive_message(QueueUrl=source, WaitTimeSeconds=20)["Messages"][0]["Body"] == "poison"
    assert "Messages" not in sqs.receive_message(QueueUrl=source)
    assert drain(dead) == ["poison"]


def check_a_trace_goes_along_to_queues():
    """https://docs.aws.amazon.com/xray/latest/devguide/xray-services-sqs.html, …/xray-services-sns.html"""
    trace = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"
    topic = sns.create_topic(Name="traced")["TopicArn"]
    let_in = statement(Principal={"Service": "s3.amazonaws.com"}, Action="sns:Publish", Resource=topic)
    sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=let_in)
    of_bucket, bucket_queue = new_queue("traced-events", "s3.amazonaws.com")
    of_topic, topic_queue = new_queue("traced-notifications", "sns.amazonaws.com")
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=topic_queue)
    s3.create_bucket(Bucket="traced")
    rules = {
        "QueueConfigurations": [{"QueueArn": bucket_queue, "Events": ["s3:ObjectCreated:*"]}],
        "TopicConfigurations": [{"TopicArn": topic, "Events": ["s3:ObjectRemoved:*"]}],
    }
    s3.put_bucket_notification_configuration(Bucket="traced", NotificationConfiguration=rules)
    assert len(drain(of_bucket)) == 1 and len(drain(of_topic)) == 1, "the test messages"
    traced = boto3.client("s3", config=Config(s3={"addressing_style": "path"}))
    traced.meta.events.register("before-sign.s3", lambda request, **_: request.headers.add_header("X-Amzn-Trace-Id", trace))
    traced.put_object(Bucket="traced", Key="k", Body=b"")
    traced.delete_object(Bucket="traced", Key="k")
    for url in of_bucket, of_topic:
        (message,) = sqs.receive_message(QueueUrl=url, AttributeNames=["AWSTraceHeader"], WaitTimeSeconds=20)["Messages"]
        assert message["Attributes"] == {"AWSTraceHeader": trace}, message


def check_regions():
    west = boto3.client("sns", region_name="us-west-2")
    topic = west.create_topic(Name="regional")["TopicArn"]
    assert topic == f"arn:aws:sns:us-west-2:{ACCOUNT}:regional"
    let_in = statement(Principal={"Service": "s3.amazonaws.com"}, Action="sns:Publish", Resource=topic)
    west.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=let_in)
    assert [t for t in sns.list_topics()["Topics"] if t["TopicArn"].endswith(":regional")] == []
    configuration = {"TopicConfigurations": [{"TopicArn": topic, "Events": ["s3:ObjectCreated:*"]}]}
    put = s3.put_bucket_notification_configuration
    assert error_of(put, Bucket="wire", NotificationConfiguration=configuration)[0] == "InvalidArgument"
