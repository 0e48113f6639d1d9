"""Records what boto3 would send: `python3 botocore_requests.py > botocore-requests.json`.

Nothing goes over a wire. Each call is caught just before it would, with method, URL, headers and body as they stand.
The secrets are those of AWS's documentation.
"""

import base64
import io
import json

import boto3
import botocore
from botocore.config import Config

KEY = "AKIAIOSFODNN7EXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
ARN = "arn:aws:lambda:eu-central-1:000000000000:function:handler"
requests = []


def client(service, secure=False, token=None, **config):
    made = boto3.client(
        service,
        region_name="eu-central-1",
        endpoint_url=("https" if secure else "http") + "://localhost:4566",
        aws_access_key_id=KEY,
        aws_secret_access_key=SECRET,
        aws_session_token=token,
        config=Config(retries={"max_attempts": 0}, **config),
    )
    return made


def record(name, service, made, operation, **arguments):
    caught = []

    def catch(request, **_):
        body = request.body
        if body is None:
            body = b""
        if hasattr(body, "read"):
            body = body.read()
        if isinstance(body, str):
            body = body.encode()
        headers = []
        for header, value in request.headers.items():
            value = value.decode("latin-1") if isinstance(value, bytes) else str(value)
            headers.append([header, value])
        caught.append((request.method, request.url, headers, body))
        raise KeyboardInterrupt  # no answer is wanted

    made.meta.events.register("before-send", catch)
    try:
        getattr(made, operation)(**arguments)
    except KeyboardInterrupt:
        pass
    finally:
        made.meta.events.unregister("before-send", catch)
    add(name, service, *caught[0])


def add(name, service, method, url, headers, body):
    rest = url.split("://", 1)[1]
    host, _, target = rest.partition("/")
    path, _, query = ("/" + target).partition("?")
    if not any(header.lower() == "host" for header, _ in headers):
        headers = [["Host", host]] + headers
    requests.append(
        {
            "name": name,
            "service": service,
            "method": method,
            "path": path,
            "query": query,
            "headers": headers,
            "body": base64.b64encode(body).decode(),
        }
    )


PATH = {"s3": {"addressing_style": "path"}}
s3 = client("s3", **PATH)
record("put an object", "s3", s3, "put_object", Bucket="b", Key="k", Body=b"hello", Metadata={"a": "one  two"})
record("put nothing", "s3", s3, "put_object", Bucket="b", Key="k", Body=b"")
record("put under a strange key", "s3", s3, "put_object", Bucket="b", Key="a b+c/%2F//../~!*'();:@&=$,?#[]é€", Body=b"x")
record("get a range", "s3", s3, "get_object", Bucket="b", Key="a//b", Range="bytes=0-9")
record("get a version", "s3", s3, "get_object", Bucket="b", Key="k", VersionId="a+b/c=")
record("list with all sorts of parameters", "s3", s3, "list_objects_v2", Bucket="b", Prefix="a b/ü+", Delimiter="/", StartAfter="~&=", MaxKeys=2)
record("list buckets", "s3", s3, "list_buckets")
record("delete many", "s3", s3, "delete_objects", Bucket="b", Delete={"Objects": [{"Key": "a"}, {"Key": "b"}]})
record("copy", "s3", s3, "copy_object", Bucket="b", Key="k2", CopySource={"Bucket": "b", "Key": "a b+ü"})
record("start a multipart upload", "s3", s3, "create_multipart_upload", Bucket="b", Key="k")
record("tag", "s3", s3, "put_object_tagging", Bucket="b", Key="k", Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
record("put with the token of a session", "s3", client("s3", token="session/token+==", **PATH), "put_object", Bucket="b", Key="k", Body=b"hello")

secure = client("s3", secure=True, **PATH)
record("put over TLS, in unsigned chunks with a trailer", "s3", secure, "put_object", Bucket="b", Key="k", Body=io.BytesIO(b"hello" * 1000))
record("put with a SHA-256 trailer", "s3", secure, "put_object", Bucket="b", Key="k", Body=io.BytesIO(b"hello"), ChecksumAlgorithm="SHA256")
record("put gzip in chunks", "s3", secure, "put_object", Bucket="b", Key="k", Body=io.BytesIO(b"hello"), ContentEncoding="gzip")

v4 = client("s3", signature_version="s3v4", **PATH)
for name, operation, arguments, method in [
    ("presigned get", "get_object", {"Bucket": "b", "Key": "a b+ü//c", "ResponseContentType": "text/plain; x=y"}, "GET"),
    ("presigned put", "put_object", {"Bucket": "b", "Key": "k"}, "PUT"),
]:
    add(name, "s3", method, v4.generate_presigned_url(operation, Params=arguments, ExpiresIn=604800), [], b"")
token = client("s3", token="session/token+==", signature_version="s3v4", **PATH)
add("presigned get by a session", "s3", "GET", token.generate_presigned_url("get_object", Params={"Bucket": "b", "Key": "k"}), [], b"")
sts = client("sts")
add("presigned get-caller-identity", "sts", "GET", sts.generate_presigned_url("get_caller_identity", HttpMethod="GET"), [], b"")

record("get-caller-identity", "sts", sts, "get_caller_identity")
record("create a topic", "sns", client("sns"), "create_topic", Name="t", Attributes={"DisplayName": "Ünïcode & more"})
record("create a role", "iam", client("iam"), "create_role", RoleName="r", AssumeRolePolicyDocument='{"Version": "2012-10-17"}')
record("send a message", "sqs", client("sqs"), "send_message", QueueUrl="http://localhost:4566/000000000000/q", MessageBody="hé")
record("describe log groups", "logs", client("logs"), "describe_log_groups")
functions = client("lambda", token="session/token+==")
record("invoke by ARN", "lambda", functions, "invoke", FunctionName=ARN, Payload=b"{}", Qualifier="$LATEST")
record("add a permission", "lambda", functions, "add_permission", FunctionName="f:live", StatementId="s", Action="lambda:InvokeFunction", Principal="s3.amazonaws.com")
record("list functions", "lambda", functions, "list_functions", Marker="a:b/c=", MaxItems=1)
record("tags of an ARN in the path", "lambda", functions, "list_tags", Resource=ARN)

print(json.dumps({"botocore": botocore.__version__, "requests": requests}, indent=1))
