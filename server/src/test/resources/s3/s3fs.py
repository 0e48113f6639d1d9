"""The requests of s3fs 1.90 when a large file is moved, changed in mode and touched: recorded from its debug output (`-o curldbg`),
with sizes and ids of this run. AWS accepts all of them, although they have headers that the operations do not define.
"""

import os, re, urllib.error, urllib.request
import boto3
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest

s3 = boto3.client("s3")
s3.create_bucket(Bucket="fuse")
CREDENTIALS = boto3.Session().get_credentials()
META = {
    "x-amz-meta-atime": "1796035652",
    "x-amz-meta-ctime": "1796035655",
    "x-amz-meta-gid": "0",
    "x-amz-meta-mode": "33188",
    "x-amz-meta-mtime": "1796035652",
    "x-amz-meta-uid": "0",
}
CHANGED = {"x-amz-metadata-directive": "REPLACE", "x-amz-server-side-encryption": "AES256"}


def ask(method, path, body=b"", **headers):
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    signed = AWSRequest(method=method, url=os.environ["AWS_ENDPOINT_URL"] + path, data=body, headers=fields)
    S3SigV4Auth(CREDENTIALS, "s3", "us-east-1").add_auth(signed)
    request = urllib.request.Request(signed.url, data=body or None, method=method, headers=dict(signed.headers.items()))
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.headers, answer.read().decode()
    except urllib.error.HTTPError as answer:
        return answer.code, answer.headers, answer.read().decode()


def done(answer, status=200):
    assert answer[0] == status, (answer[0], answer[2])
    return answer


def upload(key, parts, content_type="application/octet-stream", **fields):
    begun = done(ask("POST", f"/fuse/{key}?uploads", Content_Type=content_type, **fields))
    upload_id = re.search("<UploadId>(.*)</UploadId>", begun[2])[1]
    done(parts(f"/fuse/{key}?partNumber=1&uploadId={upload_id}"))
    etag = re.search("<ETag>(.*)</ETag>", done(ask("GET", f"/fuse/{key}?uploadId={upload_id}"))[2])[1]
    document = f"<CompleteMultipartUpload>\n<Part>\n<PartNumber>1</PartNumber>\n<ETag>{etag}</ETag>\n</Part>\n</CompleteMultipartUpload>\n"
    done(ask("POST", f"/fuse/{key}?uploadId={upload_id}", document.encode(), Content_Type="application/xml"))


def copy(source):
    return lambda path: ask(
        "PUT", path, Content_Type="application/octet-stream", x_amz_copy_source=source, x_amz_copy_source_range="bytes=0-99999"
    )


# cp
content = os.urandom(100_000)
upload("big", lambda path: ask("PUT", path, content), **META)

# mv, chmod, touch
upload("moved", copy("/fuse/big"), **META, **CHANGED)
upload("moved", copy("/fuse/moved"), **{**META, "x-amz-meta-mode": "33152"}, **CHANGED)
upload("moved", copy("/fuse/moved"), **{**META, "x-amz-meta-mtime": "1577836800"}, **CHANGED)
moved = s3.get_object(Bucket="fuse", Key="moved")
assert moved["Body"].read() == content and moved["Metadata"]["mtime"] == "1577836800", moved["Metadata"]

# with -o default_acl, releases of s3fs differ in where they send it
upload("acl", lambda path: ask("PUT", path, content, x_amz_acl="private"), x_amz_acl="private", **META, **CHANGED)
done(ask("GET", "/fuse/?delimiter=/&max-keys=1000&prefix=", x_amz_acl="private"))
done(ask("HEAD", "/fuse/acl", x_amz_foo="bar"))

# headers that protect data are not ignored, and the message names the header to leave out
for method, path, fields in [
    ("GET", "/fuse/?prefix=", {"x-amz-server-side-encryption-customer-algorithm": "AES256"}),
    ("PUT", "/fuse/k", {"x-amz-server-side-encryption-aws-kms-key-id": "key"}),
    ("PUT", "/fuse/k", {"If-Unmodified-Since": "Mon, 30 Nov 2026 10:00:00 GMT"}),
    ("POST", "/fuse/big?restore", {}),
]:
    status, _, text = ask(method, path, b"", **fields)
    assert status == 501 and all(name.lower() in text.lower() for name in fields or ["RestoreObject"]), (status, text)
