"""Presigned URLs as boto3 and the AWS CLI make them by default: Signature Version 2 in the query.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/RESTAuthentication.html
"""

import json, subprocess, sys, time, urllib.error, urllib.request
from urllib.parse import urlsplit
import boto3
from botocore.config import Config


def ask(method, url, body=None, **headers):
    request = urllib.request.Request(url, data=body, method=method)
    for name, value in headers.items():
        request.add_header(name.replace("_", "-"), value)
    if body is not None and "Content_Type" not in headers:
        request.add_header("Content-Type", "")  # urllib would say it is a form
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as answer:
        return answer.code, answer.headers, answer.read()


def refused(answer, status, code, words=""):
    assert answer[0] == status, answer
    assert f"<Code>{code}</Code>".encode() in answer[2], answer
    assert words.encode() in answer[2], answer


s3 = boto3.client("s3")
KEY = "a b/ä+%41&=?.txt"
s3.create_bucket(Bucket="presigned")
s3.put_bucket_versioning(Bucket="presigned", VersioningConfiguration={"Status": "Enabled"})


def url(operation, client=s3, expires=60, **params):
    made = client.generate_presigned_url(
        operation, Params={"Bucket": "presigned", **params}, ExpiresIn=expires
    )
    assert "AWSAccessKeyId=" in made, made
    return made


# PUT, with metadata and tags that only the URL contains
put = url("put_object", Key=KEY, ContentType="a/b", Metadata={"who": "me"}, Tagging="k=v%20w")
status, headers, _ = ask("PUT", put, b"one", Content_Type="a/b")
assert status == 200, (status, headers, _)
first = headers["x-amz-version-id"]
head = s3.head_object(Bucket="presigned", Key=KEY)
assert head["ContentType"] == "a/b" and head["Metadata"] == {"who": "me"}, head
assert s3.get_object_tagging(Bucket="presigned", Key=KEY)["TagSet"] == [
    {"Key": "k", "Value": "v w"}
]
refused(ask("PUT", put, b"one", Content_Type="text/html"), 403, "SignatureDoesNotMatch")
assert ask("PUT", url("put_object", Key=KEY), b"two")[0] == 200

# GET, HEAD, a version, overrides, subresources
assert ask("GET", url("get_object", Key=KEY))[2] == b"two"
assert ask("HEAD", url("head_object", Key=KEY))[0] == 200
assert ask("GET", url("get_object", Key=KEY, VersionId=first))[2] == b"one"
status, headers, body = ask(
    "GET",
    url(
        "get_object",
        Key=KEY,
        ResponseContentType="text/plain; charset=utf-8",
        ResponseContentDisposition='attachment; filename="ä b.txt"',
    ),
)
assert headers["Content-Type"] == "text/plain; charset=utf-8", headers
assert ask("GET", url("get_object", Key=KEY), Range="bytes=1-1")[2] == b"w"
assert b"TagSet" in ask("GET", url("get_object_tagging", Key=KEY))[2]
listed = ask("GET", url("list_objects_v2", Prefix="a"))
assert b"<Prefix>a</Prefix>" in listed[2], listed
assert ask("GET", s3.generate_presigned_url("list_buckets"))[0] == 200

# the signature is valid for one operation only
refused(ask("GET", url("get_object", Key=KEY) + "&tagging"), 403, "SignatureDoesNotMatch")
refused(ask("DELETE", url("get_object", Key=KEY)), 403, "SignatureDoesNotMatch")

# virtual-hosted style
host = boto3.client("s3", config=Config(s3={"addressing_style": "virtual"}))
made = url("get_object", client=host, Key=KEY)
if "presigned." in urlsplit(made).netloc:
    plain = urlsplit(made)
    at = f"http://127.0.0.1:{plain.port}{plain.path}?{plain.query}"
    assert ask("GET", at, Host=plain.netloc)[2] == b"two", made

# errors
gone = url("get_object", Key=KEY, expires=-1)
refused(ask("GET", gone), 403, "AccessDenied", "Request has expired")
wrong = boto3.client("s3", aws_access_key_id="AKIANOBODY", aws_secret_access_key="x")
refused(ask("GET", url("get_object", client=wrong, Key=KEY)), 403, "InvalidAccessKeyId")

# temporary credentials need their session token
iam, sts = boto3.client("iam"), boto3.client("sts")
account = sts.get_caller_identity()["Account"]
trust = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": account}, "Action": "sts:AssumeRole"}
    ],
}
role = iam.create_role(RoleName="presigner", AssumeRolePolicyDocument=json.dumps(trust))["Role"]
allow = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
iam.put_role_policy(
    RoleName="presigner",
    PolicyName="p",
    PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [allow]}),
)
iam.create_user(UserName="presigner")
own = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}
iam.put_user_policy(
    UserName="presigner",
    PolicyName="p",
    PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [own]}),
)
key = iam.create_access_key(UserName="presigner")["AccessKey"]
sts = boto3.client(
    "sts",
    aws_access_key_id=key["AccessKeyId"],
    aws_secret_access_key=key["SecretAccessKey"],
)
lent = sts.assume_role(RoleArn=role["Arn"], RoleSessionName="presigner")["Credentials"]
session = boto3.client(
    "s3",
    aws_access_key_id=lent["AccessKeyId"],
    aws_secret_access_key=lent["SecretAccessKey"],
    aws_session_token=lent["SessionToken"],
)
assert ask("GET", url("get_object", client=session, Key=KEY))[2] == b"two"
no_token = url("get_object", client=session, Key=KEY).replace("x-amz-security-token", "x-nothing")
assert ask("GET", no_token)[0] == 403

# policies can distinguish the signature version
deny = {
    "Effect": "Deny",
    "Principal": "*",
    "Action": "s3:GetObject",
    "Resource": "arn:aws:s3:::presigned/*",
    "Condition": {"StringEquals": {"s3:signatureversion": "AWS"}},
}


def policy(condition):
    s3.put_bucket_policy(
        Bucket="presigned",
        Policy=json.dumps(
            {"Version": "2012-10-17", "Statement": [{**deny, "Condition": condition}]}
        ),
    )


fourth = boto3.client("s3", config=Config(signature_version="s3v4"))
new = fourth.generate_presigned_url("get_object", Params={"Bucket": "presigned", "Key": KEY})
assert "X-Amz-Signature" in new
policy({"StringEquals": {"s3:signatureversion": "AWS"}})
refused(ask("GET", url("get_object", Key=KEY)), 403, "AccessDenied", "explicit deny")
assert ask("GET", new)[2] == b"two"
policy({"StringNotEquals": {"s3:authType": "REST-HEADER"}})
refused(ask("GET", new), 403, "AccessDenied")
assert s3.get_object(Bucket="presigned", Key=KEY)["Body"].read() == b"two"
policy({"NumericGreaterThan": {"s3:signatureAge": "1500"}})
assert ask("GET", new)[0] in (200, 403)
old = fourth.generate_presigned_url("get_object", Params={"Bucket": "presigned", "Key": KEY})
end = time.time() + 3
while ask("GET", old)[0] == 200:
    assert time.time() < end, "the signature never grew old"
s3.delete_bucket_policy(Bucket="presigned")

# a bucket of another region: version 2 names none
west = boto3.client("s3", region_name="eu-west-1")
west.create_bucket(
    Bucket="presigned-west", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
)
west.put_object(Bucket="presigned-west", Key="k", Body=b"west")
assert ask("GET", url("get_object", client=west, Bucket="presigned-west", Key="k"))[2] == b"west"

# the CLI
made = subprocess.run(
    ["aws", "s3", "presign", "s3://presigned/" + KEY], capture_output=True, text=True, check=True
).stdout.strip()
assert "AWSAccessKeyId=" in made, made
assert ask("GET", made)[2] == b"two"

assert ask("DELETE", url("delete_object", Key=KEY))[0] == 204
refused(ask("GET", url("get_object", Key=KEY)), 404, "NoSuchKey")

# in headers, Signature Version 2 is refused
before = boto3.client("s3", config=Config(signature_version="s3"))
try:
    before.list_buckets()
    sys.exit("Signature Version 2 in headers was taken")
except before.exceptions.ClientError as e:
    assert "AWS4-HMAC-SHA256" in str(e), e
