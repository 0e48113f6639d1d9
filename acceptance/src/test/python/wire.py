"""boto3 against a running Carillon. Expectations are AWS's documented behaviour; see aws pages named at each check."""

import base64
import hashlib
import io
import json
import os
import sys
import time
import zipfile

import boto3
from botocore.config import Config
from checks import error_of, run, until

s3 = boto3.client("s3", config=Config(s3={"addressing_style": "path"}))
sns = boto3.client("sns")
sqs = boto3.client("sqs")
iam = boto3.client("iam")
sts = boto3.client("sts")
lam = boto3.client("lambda")
logs = boto3.client("logs")
ACCOUNT = "000000000000"
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
    }
)


def allow(service, action, resource):
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Principal": {"Service": service}, "Action": action, "Resource": resource}],
        }
    )


def zipped(**files):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            archive.writestr(name.replace("__", "."), text)
    return buffer.getvalue()


def drain(url, wait=5):
    messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=wait).get("Messages", [])
    for message in messages:
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return [message["Body"] for message in messages]


def client_of(user, policy_document, service):
    """A client of a new user with one inline policy."""
    iam.create_user(UserName=user)
    if policy_document:
        iam.put_user_policy(UserName=user, PolicyName="p", PolicyDocument=json.dumps(policy_document))
    key = iam.create_access_key(UserName=user)["AccessKey"]
    return boto3.client(service, aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"])


def check_caller():
    identity = sts.get_caller_identity()
    assert identity["Account"] == ACCOUNT and identity["Arn"] == f"arn:aws:iam::{ACCOUNT}:root", identity


def check_buckets():
    s3.create_bucket(Bucket="wire")
    s3.create_bucket(Bucket="wire")  # us-east-1: making one's own bucket again is no error
    assert "wire" in [b["Name"] for b in s3.list_buckets()["Buckets"]]
    assert s3.get_bucket_location(Bucket="wire")["LocationConstraint"] is None
    assert error_of(s3.create_bucket, Bucket="Bad_Name")[0] in ("InvalidBucketName",)
    assert error_of(s3.head_bucket, Bucket="nowhere-at-all") == ("404", 404)
    assert error_of(s3.list_objects_v2, Bucket="nowhere-at-all") == ("NoSuchBucket", 404)


def check_objects():
    put = s3.put_object(Bucket="wire", Key="a b/ü+(1)", Body=b"hello", Metadata={"colour": "blue"}, ContentType="text/plain")
    assert put["ETag"] == '"5d41402abc4b2a76b9719d911017c592"', put
    got = s3.get_object(Bucket="wire", Key="a b/ü+(1)")
    assert got["Body"].read() == b"hello" and got["Metadata"] == {"colour": "blue"} and got["ContentType"] == "text/plain"
    assert s3.get_object(Bucket="wire", Key="a b/ü+(1)", Range="bytes=1-3")["Body"].read() == b"ell"
    assert s3.get_object(Bucket="wire", Key="a b/ü+(1)", Range="bytes=-2")["Body"].read() == b"lo"
    assert error_of(s3.get_object, Bucket="wire", Key="a b/ü+(1)", Range="bytes=9-")[0] == "InvalidRange"
    assert error_of(s3.get_object, Bucket="wire", Key="missing") == ("NoSuchKey", 404)
    head = s3.head_object(Bucket="wire", Key="a b/ü+(1)")
    assert head["ContentLength"] == 5 and head["ServerSideEncryption"] == "AES256", head
    assert s3.head_object(Bucket="wire", Key="a b/ü+(1)", ChecksumMode="ENABLED").get("ChecksumCRC32"), head
    large = os.urandom(1_000_000)
    s3.put_object(Bucket="wire", Key="large", Body=large)
    assert s3.get_object(Bucket="wire", Key="large")["Body"].read() == large
    assert s3.get_object(Bucket="wire", Key="large", Range="bytes=70000-300000")["Body"].read() == large[70000:300001]
    assert s3.put_object(Bucket="wire", Key="empty")["ETag"] == '"d41d8cd98f00b204e9800998ecf8427e"'


def check_conditions():
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-requests.html"""
    assert error_of(s3.put_object, Bucket="wire", Key="large", Body=b"", IfNoneMatch="*") == ("PreconditionFailed", 412)
    assert error_of(s3.put_object, Bucket="wire", Key="large", Body=b"", IfMatch='"x"') == ("PreconditionFailed", 412)
    assert error_of(s3.put_object, Bucket="wire", Key="none", Body=b"", IfMatch='"x"')[1] == 404
    etag = s3.put_object(Bucket="wire", Key="new", Body=b"1", IfNoneMatch="*")["ETag"]
    s3.put_object(Bucket="wire", Key="new", Body=b"2", IfMatch=etag)
    etag = s3.head_object(Bucket="wire", Key="new")["ETag"]
    assert error_of(s3.get_object, Bucket="wire", Key="new", IfNoneMatch=etag)[1] == 304
    assert error_of(s3.get_object, Bucket="wire", Key="new", IfMatch='"x"')[1] == 412


def check_checksums():
    assert error_of(s3.put_object, Bucket="wire", Key="bad", Body=b"x", ContentMD5="AAAAAAAAAAAAAAAAAAAAAA==")[0] == "BadDigest"
    assert error_of(s3.put_object, Bucket="wire", Key="bad", Body=b"x", ChecksumSHA256="A" * 43 + "=")[0] == "BadDigest"
    assert error_of(s3.head_object, Bucket="wire", Key="bad") == ("404", 404)
    put = s3.put_object(Bucket="wire", Key="good", Body=b"x", ChecksumAlgorithm="SHA256")
    assert put["ChecksumSHA256"] == base64.b64encode(hashlib.sha256(b"x").digest()).decode(), put


def check_listing():
    for key in ["l/a/1", "l/a/2", "l/b/1", "l/c", "l/d e"]:
        s3.put_object(Bucket="wire", Key=key, Body=b"")
    page = s3.list_objects_v2(Bucket="wire", Prefix="l/", Delimiter="/")
    assert [p["Prefix"] for p in page["CommonPrefixes"]] == ["l/a/", "l/b/"]
    assert [o["Key"] for o in page["Contents"]] == ["l/c", "l/d e"]
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket="wire", Prefix="l/", PaginationConfig={"PageSize": 2})
    assert [o["Key"] for p in pages for o in p["Contents"]] == ["l/a/1", "l/a/2", "l/b/1", "l/c", "l/d e"]
    first = s3.list_objects(Bucket="wire", Prefix="l/", Delimiter="/", MaxKeys=1)
    assert first["IsTruncated"] and first["NextMarker"] == "l/a/", first


def check_copy_and_delete():
    s3.copy_object(Bucket="wire", Key="copy", CopySource={"Bucket": "wire", "Key": "a b/ü+(1)"})
    copy = s3.get_object(Bucket="wire", Key="copy")
    assert copy["Body"].read() == b"hello" and copy["Metadata"] == {"colour": "blue"}
    s3.copy_object(
        Bucket="wire", Key="copy", CopySource="wire/copy", Metadata={"colour": "red"}, MetadataDirective="REPLACE"
    )
    assert s3.head_object(Bucket="wire", Key="copy")["Metadata"] == {"colour": "red"}
    assert error_of(s3.copy_object, Bucket="wire", Key="copy", CopySource="wire/copy")[0] == "InvalidRequest"
    s3.delete_object(Bucket="wire", Key="copy")
    s3.delete_object(Bucket="wire", Key="copy")  # deleting what is not there succeeds
    assert error_of(s3.head_object, Bucket="wire", Key="copy")[1] == 404
    gone = s3.delete_objects(Bucket="wire", Delete={"Objects": [{"Key": "l/c"}, {"Key": "never-there"}]})
    assert len(gone["Deleted"]) == 2


def check_multipart():
    upload = s3.create_multipart_upload(Bucket="wire", Key="parts", Metadata={"m": "1"})["UploadId"]
    parts = []
    bodies = [os.urandom(5 << 20), os.urandom(1000)]
    for number, body in enumerate(bodies, 1):
        etag = s3.upload_part(Bucket="wire", Key="parts", UploadId=upload, PartNumber=number, Body=body)["ETag"]
        parts.append({"PartNumber": number, "ETag": etag})
    assert len(s3.list_parts(Bucket="wire", Key="parts", UploadId=upload)["Parts"]) == 2
    assert [u["Key"] for u in s3.list_multipart_uploads(Bucket="wire")["Uploads"]] == ["parts"]
    wrong = [parts[1], parts[0]]
    complete = s3.complete_multipart_upload
    call = {"Bucket": "wire", "Key": "parts", "UploadId": upload}
    assert error_of(complete, MultipartUpload={"Parts": wrong}, **call)[0] == "InvalidPartOrder"
    done = complete(MultipartUpload={"Parts": parts}, **call)
    assert done["ETag"].endswith('-2"'), done
    got = s3.get_object(Bucket="wire", Key="parts")
    assert got["Body"].read() == b"".join(bodies) and got["Metadata"] == {"m": "1"}
    assert s3.get_object(Bucket="wire", Key="parts", Range="bytes=5242878-5242881")["Body"].read() == b"".join(bodies)[5242878:5242882]
    small = s3.create_multipart_upload(Bucket="wire", Key="small")["UploadId"]
    tags = [
        s3.upload_part(Bucket="wire", Key="small", UploadId=small, PartNumber=n, Body=b"x")["ETag"] for n in (1, 2)
    ]
    many = {"Parts": [{"PartNumber": n, "ETag": tag} for n, tag in enumerate(tags, 1)]}
    assert error_of(complete, Bucket="wire", Key="small", UploadId=small, MultipartUpload=many)[0] == "EntityTooSmall"
    s3.abort_multipart_upload(Bucket="wire", Key="small", UploadId=small)
    assert error_of(s3.list_parts, Bucket="wire", Key="small", UploadId=small)[0] == "NoSuchUpload"


def check_events_to_a_queue():
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html"""
    url = sqs.create_queue(QueueName="events")["QueueUrl"]
    arn = f"arn:aws:sqs:us-east-1:{ACCOUNT}:events"
    rule = {"QueueArn": arn, "Events": ["s3:ObjectCreated:*", "s3:ObjectRemoved:*"], "Id": "mine"}
    put = s3.put_bucket_notification_configuration
    configuration = {"QueueConfigurations": [rule]}
    assert error_of(put, Bucket="wire", NotificationConfiguration=configuration)[0] == "InvalidArgument"
    assert "QueueConfigurations" not in s3.get_bucket_notification_configuration(Bucket="wire")
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": allow("s3.amazonaws.com", "sqs:SendMessage", arn)})
    put(Bucket="wire", NotificationConfiguration=configuration)
    (test,) = [json.loads(body) for body in drain(url)]
    assert test["Event"] == "s3:TestEvent" and test["Bucket"] == "wire" and "Records" not in test, test
    answer = s3.put_object(Bucket="wire", Key="e v/ü+(1)", Body=b"12345")
    (event,) = [json.loads(body)["Records"][0] for body in drain(url)]
    assert event["eventName"] == "ObjectCreated:Put" and event["eventSource"] == "aws:s3", event
    assert event["s3"]["object"]["key"] == "e+v/%C3%BC%2B%281%29", event
    assert event["s3"]["object"]["size"] == 5 and event["s3"]["configurationId"] == "mine", event
    assert event["responseElements"]["x-amz-request-id"] == answer["ResponseMetadata"]["RequestId"], event
    s3.delete_object(Bucket="wire", Key="e v/ü+(1)")
    (event,) = [json.loads(body)["Records"][0] for body in drain(url)]
    assert event["eventName"] == "ObjectRemoved:Delete" and "size" not in event["s3"]["object"], event
    overlap = [{**rule, "Id": "a"}, {**rule, "Id": "b", "Filter": {"Key": {"FilterRules": [{"Name": "suffix", "Value": "x"}]}}}]
    assert error_of(put, Bucket="wire", NotificationConfiguration={"QueueConfigurations": overlap})[0] == "InvalidArgument"
    put(Bucket="wire", NotificationConfiguration={})
    s3.put_object(Bucket="wire", Key="silent", Body=b"")
    assert drain(url, wait=1) == []


def check_policies_bite():
    bucket_policy = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::wire/large"}],
    }
    reader = client_of("reader", bucket_policy, "s3")
    assert reader.head_object(Bucket="wire", Key="large")["ContentLength"] == 1_000_000
    assert error_of(reader.get_object, Bucket="wire", Key="parts") == ("AccessDenied", 403)
    assert error_of(reader.put_object, Bucket="wire", Key="large", Body=b"") == ("AccessDenied", 403)
    iam.delete_user_policy(UserName="reader", PolicyName="p")
    assert error_of(reader.get_object, Bucket="wire", Key="large") == ("AccessDenied", 403)
    nobody = client_of("nobody", None, "sns")
    assert error_of(nobody.create_topic, Name="t")[0] in ("AuthorizationError",)
    wrong = boto3.client("s3", aws_access_key_id="test", aws_secret_access_key="wrong")
    assert error_of(wrong.list_buckets) == ("SignatureDoesNotMatch", 403)
    stranger = boto3.client("s3", aws_access_key_id="AKIAUNKNOWNUNKNOWN00", aws_secret_access_key="x")
    assert error_of(stranger.list_buckets) == ("InvalidAccessKeyId", 403)


def check_roles_and_sessions():
    trust = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole"}],
    }
    role = iam.create_role(RoleName="lister", AssumeRolePolicyDocument=json.dumps(trust))["Role"]
    iam.attach_role_policy(RoleName="lister", PolicyArn="arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess")
    assert error_of(sts.assume_role, RoleArn=role["Arn"], RoleSessionName="me")[0] == "AccessDenied"  # root may not
    may = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": role["Arn"]}]}
    session = client_of("assumer", may, "sts").assume_role(RoleArn=role["Arn"], RoleSessionName="me")
    keys = session["Credentials"]
    given = {
        "aws_access_key_id": keys["AccessKeyId"],
        "aws_secret_access_key": keys["SecretAccessKey"],
        "aws_session_token": keys["SessionToken"],
    }
    assert boto3.client("sts", **given).get_caller_identity()["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/lister/me"
    theirs = boto3.client("s3", **given)
    assert theirs.list_objects_v2(Bucket="wire")["KeyCount"] > 0
    assert error_of(theirs.put_object, Bucket="wire", Key="x", Body=b"") == ("AccessDenied", 403)
    given["aws_session_token"] = given["aws_session_token"][:-4] + "AAAA"
    assert error_of(boto3.client("s3", **given).list_buckets)[1] in (400, 403)
    assert error_of(iam.create_role, RoleName="lister", AssumeRolePolicyDocument=TRUST) == ("EntityAlreadyExists", 409)
    assert error_of(iam.get_role, RoleName="nobody") == ("NoSuchEntity", 404)
    assert error_of(iam.create_role, RoleName="bad", AssumeRolePolicyDocument="{")[0] == "MalformedPolicyDocument"


def check_a_function():
    role = iam.create_role(RoleName="runs", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    code = "import os\ndef f(event, context):\n  print('hi')\n  if event.get('fail'): raise ValueError('no')\n  return {'region': os.environ['AWS_REGION'], **event}"
    made = lam.create_function(
        FunctionName="echo", Runtime="python3.11", Role=role, Handler="m.f", Code={"ZipFile": zipped(m__py=code)}
    )
    assert made["State"] == "Pending" and made["FunctionArn"] == f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:echo", made
    lam.get_waiter("function_active_v2").wait(FunctionName="echo", WaiterConfig={"Delay": 1})
    answer = lam.invoke(FunctionName="echo", Payload=b'{"a": 1}', LogType="Tail")
    assert json.loads(answer["Payload"].read()) == {"region": "us-east-1", "a": 1}
    assert "FunctionError" not in answer and answer["ExecutedVersion"] == "$LATEST", answer
    tail = base64.b64decode(answer["LogResult"]).decode()
    assert "START RequestId" in tail and "hi\n" in tail and "REPORT RequestId" in tail, tail
    failed = lam.invoke(FunctionName="echo", Payload=b'{"fail": true}')
    error = json.loads(failed["Payload"].read())
    assert failed["FunctionError"] == "Unhandled" and error["errorType"] == "ValueError" and error["errorMessage"] == "no", error
    until(lambda: logs.filter_log_events(logGroupName="/aws/lambda/echo", filterPattern="hi")["events"])
    assert lam.invoke(FunctionName="echo", InvocationType="DryRun")["StatusCode"] == 204
    assert lam.invoke(FunctionName="echo", InvocationType="Event", Payload=b"{}")["StatusCode"] == 202
    assert error_of(lam.invoke, FunctionName="nothing")[0] == "ResourceNotFoundException"
    assert error_of(lam.create_function, FunctionName="echo", Runtime="python3.11", Role=role, Handler="m.f", Code={"ZipFile": zipped(m__py=code)})[0] == "ResourceConflictException"
    assert error_of(lam.create_function, FunctionName="x", Runtime="python3.11", Role=role, Handler="m.f", Code={"ZipFile": b"no zip"})[0] == "InvalidParameterValueException"
    lam.update_function_configuration(FunctionName="echo", Timeout=5, Environment={"Variables": {"COLOUR": "blue"}})
    lam.get_waiter("function_updated_v2").wait(FunctionName="echo", WaiterConfig={"Delay": 1})
    assert lam.get_function_configuration(FunctionName="echo")["Timeout"] == 5
    lam.add_permission(FunctionName="echo", StatementId="s", Action="lambda:InvokeFunction", Principal="s3.amazonaws.com", SourceArn="arn:aws:s3:::wire")
    assert "arn:aws:s3:::wire" in lam.get_policy(FunctionName="echo")["Policy"]
    lam.remove_permission(FunctionName="echo", StatementId="s")
    lam.delete_function(FunctionName="echo")
    assert error_of(lam.get_function, FunctionName="echo") == ("ResourceNotFoundException", 404)


def check_topics():
    topic = sns.create_topic(Name="wire")["TopicArn"]
    assert topic == f"arn:aws:sns:us-east-1:{ACCOUNT}:wire" and sns.create_topic(Name="wire")["TopicArn"] == topic
    url = sqs.create_queue(QueueName="topic")["QueueUrl"]
    arn = f"arn:aws:sqs:us-east-1:{ACCOUNT}:topic"
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": allow("sns.amazonaws.com", "sqs:SendMessage", arn)})
    subscription = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, ReturnSubscriptionArn=True)["SubscriptionArn"]
    attributes = {"kind": {"DataType": "String", "StringValue": "a"}}
    published = sns.publish(TopicArn=topic, Message="hello", Subject="S", MessageAttributes=attributes)["MessageId"]
    (body,) = [json.loads(body) for body in drain(url)]
    assert body["Message"] == "hello" and body["MessageId"] == published and body["Type"] == "Notification", body
    assert body["MessageAttributes"]["kind"]["Value"] == "a" and body["SignatureVersion"] == "1", body
    sns.set_subscription_attributes(SubscriptionArn=subscription, AttributeName="RawMessageDelivery", AttributeValue="true")
    sns.set_subscription_attributes(SubscriptionArn=subscription, AttributeName="FilterPolicy", AttributeValue='{"kind": ["b"]}')
    sns.publish(TopicArn=topic, Message="filtered out", MessageAttributes=attributes)
    attributes["kind"]["StringValue"] = "b"
    sns.publish(TopicArn=topic, Message=json.dumps({"default": "d", "sqs": "for queues"}), MessageStructure="json", MessageAttributes=attributes)
    assert drain(url) == ["for queues"]
    assert error_of(sns.publish, TopicArn=topic + "x", Message="m")[0] == "NotFound"
    assert error_of(sns.publish, TopicArn=topic, Message="")[0] == "InvalidParameter"
    sns.unsubscribe(SubscriptionArn=subscription)
    sns.delete_topic(TopicArn=topic)
    assert topic not in [t["TopicArn"] for t in sns.list_topics()["Topics"]]


def check_log_groups():
    logs.create_log_group(logGroupName="/wire")
    logs.create_log_stream(logGroupName="/wire", logStreamName="s")
    now = int(time.time() * 1000)
    logs.put_log_events(logGroupName="/wire", logStreamName="s", logEvents=[{"timestamp": now, "message": "one"}])
    assert logs.get_log_events(logGroupName="/wire", logStreamName="s")["events"][0]["message"] == "one"
    assert error_of(logs.create_log_group, logGroupName="/wire")[0] == "ResourceAlreadyExistsException"


def check_what_is_not_there_says_so():
    assert error_of(s3.put_bucket_lifecycle_configuration, Bucket="wire", LifecycleConfiguration={"Rules": [{"ID": "x", "Status": "Enabled", "Filter": {}, "Expiration": {"Days": 1}}]})[1] in (400, 501)
    assert error_of(sqs.create_queue, QueueName="f.fifo", Attributes={"FifoQueue": "true"})[1] == 400
    assert error_of(boto3.client("lambda").list_layers)[1] in (400, 501)


def check_regions():
    west = boto3.client("sns", region_name="us-west-2")
    assert west.create_topic(Name="regional")["TopicArn"] == f"arn:aws:sns:us-west-2:{ACCOUNT}:regional"
    assert [t for t in sns.list_topics()["Topics"] if t["TopicArn"].endswith(":regional")] == []
    configuration = {"TopicConfigurations": [{"TopicArn": f"arn:aws:sns:us-west-2:{ACCOUNT}:regional", "Events": ["s3:ObjectCreated:*"]}]}
    assert error_of(s3.put_bucket_notification_configuration, Bucket="wire", NotificationConfiguration=configuration)[0] == "InvalidArgument"


run(sys.modules[__name__])
