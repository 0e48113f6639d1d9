"""The boto3 clients of the checks, and resources that several checks create."""

import io
import json
import zipfile

import boto3
from botocore.config import Config

import checks

boto3.setup_default_session()
checks.watch(boto3.DEFAULT_SESSION)

s3 = boto3.client("s3", config=Config(s3={"addressing_style": "path"}))
sns = boto3.client("sns")
sqs = boto3.client("sqs")
iam = boto3.client("iam")
sts = boto3.client("sts")
lam = boto3.client("lambda")
logs = boto3.client("logs")
events = boto3.client("events")
ACCOUNT = "000000000000"


def statement(**parts):
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **parts}]})


def trust(**principal):
    return statement(Principal=principal, Action="sts:AssumeRole")


LAMBDA_TRUST = trust(Service="lambda.amazonaws.com")


def let(service, action, resource):
    """A resource policy that allows a service."""
    return statement(Principal={"Service": service}, Action=action, Resource=resource)


def zipped(name, text):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(name, text)
    return buffer.getvalue()


def drain(url, wait=20):
    messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=wait).get("Messages", [])
    for message in messages:
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return [message["Body"] for message in messages]


def new_queue(name, service):
    """The URL and ARN of a new queue that allows the service to send."""
    arn = f"arn:aws:sqs:us-east-1:{ACCOUNT}:{name}"
    url = sqs.create_queue(QueueName=name, Attributes={"Policy": let(service, "sqs:SendMessage", arn)})["QueueUrl"]
    return url, arn


def client_of(user, policy, service):
    """A client of a new user with one inline policy."""
    iam.create_user(UserName=user)
    if policy:
        iam.put_user_policy(UserName=user, PolicyName="p", PolicyDocument=policy)
    key = iam.create_access_key(UserName=user)["AccessKey"]
    return boto3.client(service, aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"])
