"""Browser uploads with forms made by boto3 (Signature Versions 2, its default, and 4), sent by urllib and curl.

Sources: https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html
https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html
"""

import json, os, shutil, subprocess, sys, tempfile, urllib.error, urllib.request
from urllib.parse import urlsplit
import boto3
from botocore.config import Config

old = boto3.client("s3")
new = boto3.client("s3", config=Config(signature_version="s3v4"))
BUCKET = "post-object"
old.create_bucket(Bucket=BUCKET)


class Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


OPENER = urllib.request.build_opener(Stay)


def multipart(fields, content, filename="a.txt", behind=()):
    parts = [(n, "", v.encode() if isinstance(v, str) else v) for n, v in fields.items()]
    parts.append(("file", f'; filename="{filename}"', content))
    parts += [(n, "", v.encode()) for n, v in behind]
    body = b"".join(
        b'--XX\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n%s\r\n'
        % (n.encode(), f.encode(), v)
        for n, f, v in parts
    )
    return body + b"--XX--\r\n"


def post(form, content, filename="a.txt", behind=(), host=None, **more):
    body = multipart({**form["fields"], **more}, content, filename, behind)
    request = urllib.request.Request(form["url"], data=body, method="POST")
    request.add_header("Content-Type", "multipart/form-data; boundary=XX")
    if host:
        request.add_header("Host", host)
    try:
        with OPENER.open(request) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as answer:
        return answer.code, answer.headers, answer.read()


def refused(answer, status, code, words=""):
    assert answer[0] == status, answer
    assert f"<Code>{code}</Code>".encode() in answer[2], answer
    assert words.encode() in answer[2], answer


def made(key, client=new, fields=None, conditions=None, expires=60):
    return client.generate_presigned_post(BUCKET, key, fields, conditions, expires)


def stored(key):
    return old.get_object(Bucket=BUCKET, Key=key)


# boto3 defaults of both signature versions
for name, client in ("old", old), ("new", new):
    form = made(name, client)
    assert ("AWSAccessKeyId" in form["fields"]) == (client is old), form
    answer = post(form, b"by " + name.encode())
    assert answer[0] == 204 and answer[2] == b"", answer
    got = stored(name)
    assert got["Body"].read() == b"by " + name.encode()
    assert got["ETag"] == answer[1]["ETag"] and got["ContentType"] == "binary/octet-stream", got
    assert got["ChecksumType" if "ChecksumType" in got else "ETag"], got

# ${filename}, metadata, content type, tags, 201; fields after the file are ignored
tags = "<Tagging><TagSet><Tag><Key>k</Key><Value>v w</Value></Tag></TagSet></Tagging>"
form = made(
    "user/${filename}",
    fields={
        "Content-Type": "text/x",
        "x-amz-meta-who": "mé",
        "tagging": tags,
        "success_action_status": "201",
        "Cache-Control": "no-cache",
    },
    conditions=[
        ["starts-with", "$Content-Type", "text/"],
        {"x-amz-meta-who": "mé"},
        {"tagging": tags},
        {"success_action_status": "201"},
        {"Cache-Control": "no-cache"},
        ["content-length-range", 3, 5],
    ],
)
answer = post(form, b"12345", "C:\\dir\\a+b.txt", behind=[("key", "other"), ("acl", "public-read")])
assert answer[0] == 201 and b"<Key>user/a+b.txt</Key>" in answer[2], answer
got = stored("user/a+b.txt")
assert got["ContentType"] == "text/x" and got["CacheControl"] == "no-cache", got
assert old.get_object_tagging(Bucket=BUCKET, Key="user/a+b.txt")["TagSet"] == [
    {"Key": "k", "Value": "v w"}
]
refused(post(form, b"123456"), 400, "EntityTooLarge", "<MaxSizeAllowed>5<")
refused(post(form, b"12"), 400, "EntityTooSmall", "<MinSizeAllowed>3<")
refused(post(form, b"123", **{"Content-Type": "image/png"}), 403, "AccessDenied", "Invalid according to Policy: Policy Condition failed")
refused(post(form, b"123", **{"x-amz-meta-more": "1"}), 403, "AccessDenied", "Extra input fields: x-amz-meta-more")
refused(post(form, b"123", acl="public-read"), 403, "AccessDenied", "Extra input fields: acl")
assert post(form, b"123", **{"x-ignore-this": "1"})[0] == 201

# success_action_redirect
form = made(
    "sent", fields={"success_action_redirect": "http://localhost/x"},
    conditions=[{"success_action_redirect": "http://localhost/x"}],
)
status, headers, _ = post(form, b"1")
assert status == 303 and headers["Location"].startswith(f"http://localhost/x?bucket={BUCKET}&key=sent&etag=%22"), headers["Location"]

# signature and expiry
broken = made("k")
broken["fields"]["x-amz-signature"] = "0" * 64
refused(post(broken, b"1"), 403, "SignatureDoesNotMatch")
refused(post(made("k", expires=-1), b"1"), 403, "AccessDenied", "Policy expired")
refused(post(made("k", old, expires=-1), b"1"), 403, "AccessDenied", "Policy expired")
unsigned = {"url": form["url"], "fields": {"key": "k"}}
refused(post(unsigned, b"1"), 403, "AccessDenied")
refused(post({"url": form["url"], "fields": {}}, b"1"), 400, "InvalidArgument", "field named 'key'")
refused(post(form, b"1", **{"x-amz-meta-big": "x" * 21000}), 400, "MaxPostPreDataLengthExceededError")
elsewhere = made("k")
elsewhere["url"] = elsewhere["url"].replace(BUCKET, "post-nowhere")
refused(post(elsewhere, b"1"), 403, "AccessDenied", "$bucket")
named = made("k", fields={"x-amz-storage-class": "GLACIER"}, conditions=[{"x-amz-storage-class": "GLACIER"}])
assert post(named, b"1")[0] == 204
assert new.head_object(Bucket=BUCKET, Key="k")["StorageClass"] == "GLACIER"
new.delete_object(Bucket=BUCKET, Key="k")
named = made("k", fields={"x-amz-storage-class": "COLD"}, conditions=[{"x-amz-storage-class": "COLD"}])
refused(post(named, b"1"), 400, "InvalidStorageClass", "x-amz-storage-class")
listed = old.list_objects_v2(Bucket=BUCKET)["Contents"]
assert [o["Key"] for o in listed] == ["new", "old", "sent", "user/a+b.txt", "user/a.txt"], listed

# a user with permission to post under one prefix, with temporary credentials
iam = boto3.client("iam")
iam.create_user(UserName="caller")
may = {"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}], "Version": "2012-10-17"}
iam.put_user_policy(UserName="caller", PolicyName="p", PolicyDocument=json.dumps(may))
key = iam.create_access_key(UserName="caller")["AccessKey"]
sts = boto3.client("sts", aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"])
account = sts.get_caller_identity()["Account"]
trust = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"AWS": account}, "Action": "sts:AssumeRole"}],
}
role = iam.create_role(RoleName="poster", AssumeRolePolicyDocument=json.dumps(trust))["Role"]
allow = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": "s3:PutObject",
            "Resource": f"arn:aws:s3:::{BUCKET}/mine/*",
            "Condition": {"StringEquals": {"s3:authType": "POST"}},
        }
    ],
}
iam.put_role_policy(RoleName="poster", PolicyName="p", PolicyDocument=json.dumps(allow))
session = sts.assume_role(RoleArn=role["Arn"], RoleSessionName="session")["Credentials"]
for version in "s3", "s3v4":
    theirs = boto3.client(
        "s3",
        aws_access_key_id=session["AccessKeyId"],
        aws_secret_access_key=session["SecretAccessKey"],
        aws_session_token=session["SessionToken"],
        config=Config(signature_version=version),
    )
    assert post(made("mine/a", theirs), b"1")[0] == 204
    refused(post(made("others/a", theirs), b"1"), 403, "AccessDenied")
    torn = made("mine/a", theirs)
    torn["fields"]["x-amz-security-token"] = "x"
    refused(post(torn, b"1"), 400, "InvalidToken")
try:
    theirs.put_object(Bucket=BUCKET, Key="mine/b", Body=b"")
    raise AssertionError("a PUT is no POST")
except theirs.exceptions.ClientError as denied:
    assert denied.response["Error"]["Code"] == "AccessDenied", denied

# virtual-hosted style
host = f"{BUCKET}.localhost:{urlsplit(form['url']).port}"
form = made("by-host", fields={"success_action_status": "201"}, conditions=[{"success_action_status": "201"}])
form["url"] = form["url"].replace("/" + BUCKET, "/")
answer = post(form, b"1", host=host)
assert answer[0] == 201 and f"<Location>http://{host}/by-host</Location>".encode() in answer[2], answer

# curl: a file of 20 MB, which it sends after `Expect: 100-continue`
if shutil.which("curl"):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "large.bin")
        content = os.urandom(20 << 20)
        with open(path, "wb") as file:
            file.write(content)
        form = made("${filename}", conditions=[["content-length-range", 1, 30 << 20]])
        command = ["curl", "-sS", "-w", "%{http_code}"]
        for name, value in form["fields"].items():
            command += ["-F", f"{name}={value}"]
        said = subprocess.run(command + ["-F", f"file=@{path}", form["url"]], capture_output=True)
        assert said.stdout == b"204", said
        assert stored("large.bin")["Body"].read() == content
        small = made("small", conditions=[["content-length-range", 1, 1 << 20]])
        command = ["curl", "-sS"]
        for name, value in small["fields"].items():
            command += ["-F", f"{name}={value}"]
        said = subprocess.run(command + ["-F", f"file=@{path}", small["url"]], capture_output=True)
        assert b"EntityTooLarge" in said.stdout, said
elif os.environ.get("CI") == "true":
    sys.exit("curl is missing")
