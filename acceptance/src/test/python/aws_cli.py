"""The AWS CLI against a running Carillon, run inside this process (a process a command costs most of a second each): its
own argument parsing, commands, transfers and printing, exactly as `aws …` on a command line.

Version 1 needs --endpoint-url for sqs: for that service alone it does not listen to AWS_ENDPOINT_URL.
"""

import contextlib
import http.client
import io
import json
import os
import shlex
import sys
import tempfile
import urllib.parse
import zipfile

import awscli.clidriver

import checks
from checks import proves, until, witness

FOLDER = tempfile.mkdtemp()
ENDPOINT = os.environ["AWS_ENDPOINT_URL"]

# Version 1 presigns for us-east-1 with signatures of version 2 unless told otherwise.
os.environ["AWS_CONFIG_FILE"] = f"{FOLDER}/config"
os.environ["AWS_SHARED_CREDENTIALS_FILE"] = f"{FOLDER}/credentials"
with open(os.environ["AWS_CONFIG_FILE"], "w") as config:
    config.write("[default]\ns3 =\n  signature_version = s3v4\n  addressing_style = path\n")


models = awscli.clidriver.create_clidriver().session.get_component("data_loader")  # it caches what it has read


class Output:
    """The output of a command. Reading it counts as reading the responses of the calls that the command made."""

    def __init__(self, text, operations):
        self._text = text
        self._operations = operations

    @property
    def text(self):
        witness.seen.update(self._operations)
        return self._text.strip()

    def __getitem__(self, key):
        return json.loads(self.text)[key]

    def get(self, key):
        return (json.loads(self.text) if self.text else {}).get(key)


def run(line, *more):
    """Exit code and output of `aws LINE MORE…`; the words of `line` are split as a shell would."""
    called = []
    driver = awscli.clidriver.create_clidriver()  # a new one, since --profile stays with a driver
    driver.session.register_component("data_loader", models)
    heard = lambda model, http_response, **_: called.append((model, http_response.status_code))
    driver.session.register("after-call", heard)
    arguments = shlex.split(line) + list(more)
    if arguments[0] == "sqs":
        arguments += ["--endpoint-url", ENDPOINT]
    printed = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        try:
            code = driver.main(arguments)
        except SystemExit as usage:
            code = usage.code
    operations = {checks.name_of(model) for model, status in called if status < 300}
    witness.answered.update(operations)
    witness.seen.update(checks.name_of(model) for model, status in called if status < 300 and not checks.has_answer(model))
    return code, Output(printed.buffer.getvalue().decode(), operations)


def aws(line, *more):
    """The output of a command that has to succeed."""
    code, output = run(line, *more)
    assert code == 0, f"aws {line} {' '.join(more)} ended with {code}: {output.text}"
    return output


def refused(line, *more):
    """The message of a command that has to fail."""
    code, output = run(line, *more)
    assert code != 0, f"aws {line} succeeded: {output.text}"
    return output.text


def file(name, content):
    path = f"{FOLDER}/{name}"
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as out:
        out.write(content)
    os.utime(path, (1e9, 1e9))  # sync compares times, and a bucket's have whole seconds
    return path


def content(path):
    with open(path, "rb") as stored:
        return stored.read()


def statement(**parts):
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **parts}]})


ACCOUNT = aws("sts get-caller-identity")["Account"]


@proves(s3="CreateBucket PutObject ListObjectsV2 GetObject HeadObject DeleteObject ListBuckets DeleteBucket CopyObject")
def check_files():
    """`aws s3`: mb, cp, ls, sync, mv, rm, rb. https://docs.aws.amazon.com/cli/latest/reference/s3/"""
    assert aws("s3 mb s3://cli-files").text == "make_bucket: cli-files"
    assert "cli-files" in aws("s3 ls").text
    small = file("up/a b/ü+(1).txt", b"hello")
    assert "upload: " in aws("s3 cp", small, "s3://cli-files/in/a b/ü+(1).txt", "--metadata", "colour=blue").text
    assert aws("s3 ls s3://cli-files/in/").text == "PRE a b/"
    assert aws("s3 ls s3://cli-files --recursive --summarize").text.endswith("Total Objects: 1\n   Total Size: 5")
    assert "download: " in aws("s3 cp", "s3://cli-files/in/a b/ü+(1).txt", f"{FOLDER}/back").text
    assert content(f"{FOLDER}/back") == b"hello"
    for name in "xyz":
        file(f"up/{name}", name.encode())
    assert aws("s3 sync", f"{FOLDER}/up", "s3://cli-files/synced").text.count("upload: ") == 4
    assert aws("s3 sync", f"{FOLDER}/up", "s3://cli-files/synced").text == ""
    assert aws("s3 sync s3://cli-files/synced", f"{FOLDER}/down").text.count("download: ") == 4
    assert content(f"{FOLDER}/down/a b/ü+(1).txt") == b"hello" and content(f"{FOLDER}/down/x") == b"x"
    os.remove(f"{FOLDER}/up/z")
    assert "delete: s3://cli-files/synced/z" in aws("s3 sync --delete", f"{FOLDER}/up", "s3://cli-files/synced").text
    assert "move: " in aws("s3 mv s3://cli-files/synced/x s3://cli-files/moved").text
    assert "BucketNotEmpty" in refused("s3 rb s3://cli-files")
    assert aws("s3 rm s3://cli-files --recursive").text.count("delete: ") == 4
    assert aws("s3 rb s3://cli-files").text == "remove_bucket: cli-files"
    assert "NoSuchBucket" in refused("s3 ls s3://cli-files")


@proves(s3="CreateMultipartUpload UploadPart CompleteMultipartUpload GetObject")
def check_a_large_file():
    """Above 8 MiB `aws s3 cp` uploads in parts and downloads in ranges."""
    aws("s3api create-bucket --bucket cli")
    large = os.urandom(9 << 20)
    assert "upload: " in aws("s3 cp", file("large", large), "s3://cli/large").text
    assert aws("s3api head-object --bucket cli --key large")["ETag"].endswith('-2"')
    assert "download: " in aws("s3 cp s3://cli/large", f"{FOLDER}/large-back").text
    assert content(f"{FOLDER}/large-back") == large


def check_a_presigned_url():
    url = urllib.parse.urlsplit(aws("s3 presign s3://cli/large --expires-in 60").text)
    assert "X-Amz-Signature" in url.query, url
    connection = http.client.HTTPConnection("localhost", url.port, timeout=30)
    connection.request("GET", f"{url.path}?{url.query}", headers={"Host": url.netloc, "Range": "bytes=0-9"})
    answer = connection.getresponse()
    assert (answer.status, answer.read()) == (206, content(f"{FOLDER}/large")[:10])


@proves(
    s3="PutObject GetObject HeadObject HeadBucket GetBucketLocation ListObjectsV2 DeleteObjects PutObjectTagging GetObjectTagging "
    "PutBucketTagging GetBucketTagging PutBucketPolicy GetBucketPolicy PutBucketVersioning GetBucketVersioning "
    "ListObjectVersions"
)
def check_s3api():
    body = file("body", b"0123456789")
    of = "--bucket cli --key api"
    put = aws(f"s3api put-object {of} --metadata colour=blue --checksum-algorithm SHA256 --body", body)
    assert put["ETag"] == '"781e5e245d69b566979b86e28d23f2c7"' and put["ChecksumSHA256"], put.text
    assert aws(f"s3api get-object {of} --range bytes=2-4", f"{FOLDER}/part")["ContentRange"] == "bytes 2-4/10"
    assert content(f"{FOLDER}/part") == b"234"
    assert aws(f"s3api head-object {of}")["Metadata"] == {"colour": "blue"}
    assert aws("s3api head-bucket --bucket cli").get("BucketRegion") == "us-east-1"
    assert aws("s3api get-bucket-location --bucket cli")["LocationConstraint"] is None
    assert [o["Key"] for o in aws("s3api list-objects-v2 --bucket cli --max-items 1")["Contents"]] == ["api"]
    assert "InvalidRange" in refused(f"s3api get-object {of} --range bytes=99-", f"{FOLDER}/part")
    assert "(404)" in refused("s3api head-object --bucket cli --key none")
    assert aws(f"s3api put-object-tagging {of} --tagging", "TagSet=[{Key=a,Value=1}]").get("VersionId") is None
    assert aws(f"s3api get-object-tagging {of}")["TagSet"] == [{"Key": "a", "Value": "1"}]
    aws("s3api put-bucket-tagging --bucket cli --tagging", "TagSet=[{Key=b,Value=2}]")
    assert aws("s3api get-bucket-tagging --bucket cli")["TagSet"] == [{"Key": "b", "Value": "2"}]
    policy = statement(Principal={"AWS": ACCOUNT}, Action="s3:GetObject", Resource="arn:aws:s3:::cli/*")
    aws("s3api put-bucket-policy --bucket cli --policy", policy)
    assert json.loads(aws("s3api get-bucket-policy --bucket cli")["Policy"])["Statement"][0]["Action"] == "s3:GetObject"
    aws("s3api put-bucket-versioning --bucket cli --versioning-configuration Status=Enabled")
    assert aws("s3api get-bucket-versioning --bucket cli")["Status"] == "Enabled"
    version = aws(f"s3api put-object {of} --body", body)["VersionId"]
    versions = aws("s3api list-object-versions --bucket cli --prefix api")["Versions"]
    assert [v["VersionId"] for v in versions] == [version, "null"], versions
    gone = aws("s3api delete-objects --bucket cli --delete", "Objects=[{Key=large},{Key=none}]")
    assert sorted(d["Key"] for d in gone["Deleted"]) == ["large", "none"], gone.text


@proves(
    iam="CreateRole GetRole AttachRolePolicy ListAttachedRolePolicies",
    lambda_="CreateFunction GetFunctionConfiguration GetFunction Invoke ListFunctions UpdateFunctionConfiguration "
    "UpdateFunctionCode AddPermission GetPolicy DeleteFunction",
    logs="FilterLogEvents DescribeLogGroups DescribeLogStreams",
)
def check_a_function_and_its_log():
    """`aws logs tail` is in version 2 only: LogsTailTest."""
    trust = statement(Principal={"Service": "lambda.amazonaws.com"}, Action="sts:AssumeRole")
    role = aws("iam create-role --role-name cli --assume-role-policy-document", trust)["Role"]["Arn"]
    assert aws("iam get-role --role-name cli")["Role"]["Arn"] == role == f"arn:aws:iam::{ACCOUNT}:role/cli"
    aws("iam attach-role-policy --role-name cli --policy-arn arn:aws:iam::aws:policy/AWSLambda_FullAccess")
    attached = aws("iam list-attached-role-policies --role-name cli")["AttachedPolicies"]
    assert [p["PolicyName"] for p in attached] == ["AWSLambda_FullAccess"]

    def package(text):
        with zipfile.ZipFile(f"{FOLDER}/code.zip", "w") as archive:
            archive.writestr("m.py", text)
        return f"fileb://{FOLDER}/code.zip"

    code = package("import os\ndef f(event, context):\n  print('tailed')\n  return [os.environ.get('COLOUR'), event]")
    create = "lambda create-function --function-name cli --runtime python3.12 --handler m.f --timeout 20"
    assert aws(f"{create} --role {role} --environment Variables={{COLOUR=blue}} --zip-file", code)["State"] == "Pending"
    aws("lambda wait function-active-v2 --function-name cli")
    out = f"{FOLDER}/out"
    answer = aws("lambda invoke --function-name cli --log-type Tail --payload", '{"n": 1}', out, "--query", "LogResult")
    assert len(answer.text) > 100 and json.loads(content(out)) == ["blue", {"n": 1}], answer.text
    tail = lambda: aws("logs filter-log-events --log-group-name /aws/lambda/cli --interleaved --start-time 0 --output text").text
    until(lambda: "REPORT RequestId" in tail())
    assert "tailed" in tail() and "START RequestId" in tail()
    assert [g["logGroupName"] for g in aws("logs describe-log-groups")["logGroups"]] == ["/aws/lambda/cli"]
    assert len(aws("logs describe-log-streams --log-group-name /aws/lambda/cli")["logStreams"]) == 1
    assert aws("lambda update-function-configuration --function-name cli --memory-size 256")["MemorySize"] == 256
    aws("lambda wait function-updated-v2 --function-name cli")
    assert aws("lambda get-function-configuration --function-name cli")["MemorySize"] == 256
    changed = aws("lambda update-function-code --function-name cli --zip-file", package("def f(event, context): return 'anew'"))
    aws("lambda wait function-updated-v2 --function-name cli")
    assert aws("lambda get-function --function-name cli")["Configuration"]["CodeSha256"] == changed["CodeSha256"]
    aws("lambda invoke --function-name cli", out)
    assert json.loads(content(out)) == "anew"
    add = "lambda add-permission --function-name cli --statement-id s --action lambda:InvokeFunction"
    assert '"Sid": "s"' in json.dumps(json.loads(aws(f"{add} --principal s3.amazonaws.com")["Statement"]))
    assert "s3.amazonaws.com" in aws("lambda get-policy --function-name cli")["Policy"]
    assert [f["FunctionName"] for f in aws("lambda list-functions")["Functions"]] == ["cli"]
    assert aws("lambda delete-function --function-name cli").get("StatusCode") in (None, 204)
    assert aws("lambda list-functions")["Functions"] == []
    assert "ResourceNotFoundException" in refused("lambda invoke --function-name cli", out)


@proves(
    s3="PutBucketNotificationConfiguration GetBucketNotificationConfiguration",
    sns="CreateTopic SetTopicAttributes Subscribe ListSubscriptionsByTopic ListTopics Publish GetTopicAttributes Unsubscribe "
    "DeleteTopic",
    sqs="CreateQueue GetQueueUrl ListQueues GetQueueAttributes SetQueueAttributes SendMessage ReceiveMessage DeleteMessage PurgeQueue "
    "DeleteQueue",
)
def check_topics_and_queues():
    url = aws("sqs create-queue --queue-name cli")["QueueUrl"]
    assert aws("sqs get-queue-url --queue-name cli")["QueueUrl"] == url
    assert aws("sqs list-queues")["QueueUrls"] == [url]
    queue = f"arn:aws:sqs:us-east-1:{ACCOUNT}:cli"
    assert aws("sqs get-queue-attributes --attribute-names All --queue-url", url)["Attributes"]["QueueArn"] == queue

    def receive():
        (message,) = aws("sqs receive-message --wait-time-seconds 10 --queue-url", url)["Messages"]
        aws("sqs delete-message --queue-url", url, "--receipt-handle", message["ReceiptHandle"])
        return message["Body"]

    sent = aws("sqs send-message --message-body direct --queue-url", url)
    assert len(sent["MessageId"]) == 36 and receive() == "direct"
    topic = aws("sns create-topic --name cli")["TopicArn"]
    foreign = topic.replace(ACCOUNT, "999999999999")
    message = refused("sns publish --message m --topic-arn", foreign)
    assert f"no account 999999999999; yours is {ACCOUNT}. Start the server with --account-id 999999999999" in message
    assert aws("sns list-topics")["Topics"] == [{"TopicArn": topic}]
    policies = [("sqs.json", "sns.amazonaws.com", "sqs:SendMessage", queue), ("sns.json", "s3.amazonaws.com", "sns:Publish", topic)]
    for name, service, action, resource in policies:
        document = statement(Principal={"Service": service}, Action=action, Resource=resource)
        file(name, (json.dumps({"Policy": document}) if name == "sqs.json" else document).encode())
    aws("sqs set-queue-attributes --queue-url", url, "--attributes", f"file://{FOLDER}/sqs.json")
    aws(f"sns set-topic-attributes --topic-arn {topic} --attribute-name Policy --attribute-value file://{FOLDER}/sns.json")
    assert "s3.amazonaws.com" in aws(f"sns get-topic-attributes --topic-arn {topic}")["Attributes"]["Policy"]
    subscribe = f"sns subscribe --topic-arn {topic} --protocol sqs --notification-endpoint {queue}"
    subscription = aws(f"{subscribe} --attributes RawMessageDelivery=true")["SubscriptionArn"]
    listed = aws(f"sns list-subscriptions-by-topic --topic-arn {topic}")["Subscriptions"]
    assert [s["SubscriptionArn"] for s in listed] == [subscription]
    assert len(aws(f"sns publish --topic-arn {topic} --subject S --message", "by topic ü")["MessageId"]) == 36
    assert receive() == "by topic ü"
    rules = {"TopicConfigurations": [{"Id": "t", "TopicArn": topic, "Events": ["s3:ObjectCreated:*"]}]}
    aws("s3api put-bucket-notification-configuration --bucket cli --notification-configuration", json.dumps(rules))
    assert aws("s3api get-bucket-notification-configuration --bucket cli").get("TopicConfigurations") == rules["TopicConfigurations"]
    assert json.loads(receive())["Event"] == "s3:TestEvent"
    aws("s3 cp", file("event", b"x"), "s3://cli/event")
    assert json.loads(receive())["Records"][0]["s3"]["object"]["key"] == "event"
    aws(f"sns unsubscribe --subscription-arn {subscription}")
    assert aws(f"sns list-subscriptions-by-topic --topic-arn {topic}")["Subscriptions"] == []
    aws(f"sns delete-topic --topic-arn {topic}")
    assert "NotFound" in refused(f"sns publish --topic-arn {topic} --message m")
    aws("sqs send-message --message-body purged --queue-url", url)
    aws("sqs purge-queue --queue-url", url)
    assert aws("sqs receive-message --queue-url", url).get("Messages") is None
    aws("sqs delete-queue --queue-url", url)
    assert "NonExistentQueue" in refused("sqs get-queue-url --queue-name cli")


@proves(
    s3="GetPublicAccessBlock PutPublicAccessBlock DeletePublicAccessBlock GetBucketOwnershipControls PutBucketOwnershipControls "
    "GetBucketPolicyStatus GetBucketAcl GetBucketAccelerateConfiguration GetBucketRequestPayment GetBucketLogging "
    "GetBucketEncryption PutBucketEncryption ListBucketInventoryConfigurations ListBucketMetricsConfigurations "
    "ListBucketAnalyticsConfigurations ListBucketIntelligentTieringConfigurations"
)
def check_the_configuration_of_a_bucket():
    of = "--bucket cli-configured"
    aws(f"s3api create-bucket {of}")
    block = lambda: aws(f"s3api get-public-access-block {of}")["PublicAccessBlockConfiguration"]
    assert list(block().values()) == [True] * 4
    public = statement(Principal="*", Action="s3:GetObject", Resource="arn:aws:s3:::cli-configured/*")
    assert "BlockPublicPolicy setting in S3 Block Public Access" in refused(f"s3api put-bucket-policy {of} --policy", public)
    aws(f"s3api put-public-access-block {of} --public-access-block-configuration", "BlockPublicAcls=true")
    assert list(block().values()) == [True, False, False, False]
    aws(f"s3api put-bucket-policy {of} --policy", public)
    assert aws(f"s3api get-bucket-policy-status {of}")["PolicyStatus"] == {"IsPublic": True}
    aws(f"s3api delete-public-access-block {of}")
    assert "NoSuchPublicAccessBlockConfiguration" in refused(f"s3api get-public-access-block {of}")
    aws(f"s3api put-bucket-ownership-controls {of} --ownership-controls", "Rules=[{ObjectOwnership=BucketOwnerPreferred}]")
    controls = aws(f"s3api get-bucket-ownership-controls {of}")["OwnershipControls"]
    assert controls == {"Rules": [{"ObjectOwnership": "BucketOwnerPreferred"}]}, controls
    assert aws(f"s3api get-bucket-acl {of}")["Grants"][0]["Permission"] == "FULL_CONTROL"
    assert aws(f"s3api get-bucket-accelerate-configuration {of}").get("Status") is None
    assert aws(f"s3api get-bucket-request-payment {of}")["Payer"] == "BucketOwner"
    assert aws(f"s3api get-bucket-logging {of}").get("LoggingEnabled") is None
    encryption = aws(f"s3api get-bucket-encryption {of}")["ServerSideEncryptionConfiguration"]
    assert encryption["Rules"][0]["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}, encryption
    aws(f"s3api put-bucket-encryption {of} --server-side-encryption-configuration", json.dumps(encryption))
    for kind in ["inventory", "metrics", "analytics", "intelligent-tiering"]:
        assert aws(f"s3api list-bucket-{kind}-configurations {of}").get("IsTruncated") is False
    for command, code in {
        "get-bucket-cors": "NoSuchCORSConfiguration",
        "get-bucket-lifecycle-configuration": "NoSuchLifecycleConfiguration",
        "get-bucket-replication": "ReplicationConfigurationNotFoundError",
        "get-bucket-website": "NoSuchWebsiteConfiguration",
        "get-object-lock-configuration": "ObjectLockConfigurationNotFoundError",
        "get-bucket-tagging": "NoSuchTagSet",
    }.items():
        assert code in refused(f"s3api {command} {of}"), command
    asked = refused(f"s3api put-bucket-accelerate-configuration {of} --accelerate-configuration Status=Enabled")
    assert "Transfer Acceleration is not implemented" in asked, asked


@proves(
    iam="CreateUser GetUser ListUsers CreateAccessKey ListAccessKeys PutUserPolicy GetUserPolicy CreatePolicy AttachUserPolicy "
    "ListAttachedUserPolicies DeleteAccessKey DeleteUserPolicy DetachUserPolicy DeleteUser",
    sts="GetCallerIdentity AssumeRole",
)
def check_identities():
    identity = aws("sts get-caller-identity")
    assert (identity["Account"], identity["Arn"]) == (ACCOUNT, f"arn:aws:iam::{ACCOUNT}:root")
    user = aws("iam create-user --user-name cli")["User"]["Arn"]
    assert aws("iam get-user --user-name cli")["User"]["Arn"] == user == f"arn:aws:iam::{ACCOUNT}:user/cli"
    assert [u["UserName"] for u in aws("iam list-users")["Users"]] == ["cli"]
    trust = statement(Principal={"AWS": user}, Action="sts:AssumeRole")
    role = aws("iam create-role --role-name cli-assumed --assume-role-policy-document", trust)["Role"]["Arn"]
    may = statement(Action="sts:AssumeRole", Resource=role)
    aws("iam put-user-policy --user-name cli --policy-name p --policy-document", may)
    assert aws("iam get-user-policy --user-name cli --policy-name p")["PolicyDocument"] == json.loads(may)
    read = aws("iam create-policy --policy-name cli --policy-document", statement(Action="s3:ListAllMyBuckets", Resource="*"))
    policy = read["Policy"]["Arn"]
    aws(f"iam attach-user-policy --user-name cli --policy-arn {policy}")
    attached = lambda: aws("iam list-attached-user-policies --user-name cli")["AttachedPolicies"]
    assert [p["PolicyArn"] for p in attached()] == [policy]
    key = aws("iam create-access-key --user-name cli")["AccessKey"]
    with open(f"{FOLDER}/credentials", "w") as out:
        out.write(f"[user]\naws_access_key_id = {key['AccessKeyId']}\naws_secret_access_key = {key['SecretAccessKey']}\n")
    assert aws("sts get-caller-identity --profile user")["Arn"] == user
    session = aws(f"sts assume-role --profile user --role-session-name me --role-arn {role}")
    assert session["AssumedRoleUser"]["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/cli-assumed/me"
    assert "cli" in aws("s3 ls --profile user").text
    assert "AccessDenied" in refused("s3 ls s3://cli --profile user")
    listed = aws("iam list-access-keys --user-name cli")["AccessKeyMetadata"]
    assert [k["AccessKeyId"] for k in listed] == [key["AccessKeyId"]]
    aws(f"iam delete-access-key --user-name cli --access-key-id {key['AccessKeyId']}")
    assert "InvalidClientTokenId" in refused("sts get-caller-identity --profile user")
    aws("iam delete-user-policy --user-name cli --policy-name p")
    aws(f"iam detach-user-policy --user-name cli --policy-arn {policy}")
    assert attached() == []
    aws("iam delete-user --user-name cli")
    assert "NoSuchEntity" in refused("iam get-user --user-name cli")


checks.run(sys.modules[__name__])
