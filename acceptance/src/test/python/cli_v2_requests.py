"""What AWS CLI version 2 sends, made by hand, for it is not in any package registry: bodies in unsigned chunks with their
CRC64NVME in a trailer. https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html,
https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html"""

import base64
import http.client
import os
import re
import sys
import urllib.parse

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

import checks
from checks import proves, witness

ENDPOINT = urllib.parse.urlsplit(os.environ["AWS_ENDPOINT_URL"])
CREDENTIALS = Credentials(os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"])
BODY = os.urandom(150_000)


def crc64nvme(data):
    """Reflected, as the NVM Express specification has it; https://reveng.sourceforge.io/crc-catalogue/all.htm (CRC-64/NVME)."""
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (0x9A6C9329AC4BC9B5 if byte & 1 else 0)
        table.append(byte)
    crc = 0xFFFFFFFFFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ table[(crc ^ byte) & 0xFF]
    return base64.b64encode((crc ^ 0xFFFFFFFFFFFFFFFF).to_bytes(8, "big")).decode()


assert crc64nvme(b"123456789") == base64.b64encode(bytes.fromhex("ae8b14860a799888")).decode()


def chunked(data, trailer, size=65_536):
    """The body as it is on the wire."""
    pieces = [data[at : at + size] for at in range(0, len(data), size)]
    body = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
    return body + b"0\r\n" + (f"x-amz-checksum-crc64nvme:{trailer}\r\n".encode() if trailer else b"") + b"\r\n"


def send(operation, method, path, body=b"", headers=None, trailing=False):
    """Status, headers and body of the answer to a signed request."""
    request = AWSRequest(method=method, url=f"{ENDPOINT.geturl()}{path}", data=body, headers=headers or {})
    if trailing:
        request.context["checksum"] = {"request_algorithm": {"in": "trailer", "algorithm": "crc64nvme"}}
    S3SigV4Auth(CREDENTIALS, "s3", "us-east-1").add_auth(request)
    connection = http.client.HTTPConnection(ENDPOINT.hostname, ENDPOINT.port, timeout=30)
    connection.request(method, path, body, dict(request.headers.items()))
    answer = connection.getresponse()
    if answer.status < 300:
        witness.answered.add(f"s3:{operation}")
        witness.seen.add(f"s3:{operation}")  # every check below compares what this returns
    return answer.status, answer.headers, answer.read()


def upload(operation, path, data=BODY, trailer=None, length=None, size=65_536):
    headers = {
        "Content-Encoding": "aws-chunked",
        "X-Amz-Trailer": "x-amz-checksum-crc64nvme",
        "X-Amz-Decoded-Content-Length": str(len(data) if length is None else length),
        "X-Amz-Sdk-Checksum-Algorithm": "CRC64NVME",
    }
    sum_ = crc64nvme(data) if trailer is None else trailer
    return send(operation, "PUT", path, chunked(data, sum_, size), headers, trailing=True)


def code(body):
    return re.search(b"<Code>(.*?)</Code>", body)[1].decode()


@proves(s3="CreateBucket PutObject GetObject HeadObject")
def check_an_object_with_its_checksum_behind_it():
    assert send("CreateBucket", "PUT", "/cli-v2")[0] == 200
    for size in (65_536, 8_192, 100_000_000):
        status, headers, _ = upload("PutObject", f"/cli-v2/good-{size}", size=size)
        assert (status, headers["x-amz-checksum-crc64nvme"]) == (200, crc64nvme(BODY))
        assert headers["x-amz-checksum-type"] == "FULL_OBJECT"
        status, headers, body = send("GetObject", "GET", f"/cli-v2/good-{size}", headers={"x-amz-checksum-mode": "ENABLED"})
        assert (status, body, headers["x-amz-checksum-crc64nvme"]) == (200, BODY, crc64nvme(BODY))
        assert headers["Content-Encoding"] is None  # aws-chunked is of the transfer, not of the object
    status, headers, _ = send("HeadObject", "HEAD", "/cli-v2/good-65536")
    assert (status, headers["Content-Length"]) == (200, str(len(BODY)))


def check_what_is_not_what_it_says_is_not_stored():
    wrong = [
        ("BadDigest", {"trailer": crc64nvme(b"another body")}),
        ("InvalidRequest", {"trailer": "bm8="}),
        ("IncompleteBody", {"length": len(BODY) + 1}),
        ("IncompleteBody", {"length": len(BODY) - 1}),
        ("MalformedTrailerError", {"trailer": ""}),
    ]
    for expected, how in wrong:
        status, _, body = upload("PutObject", "/cli-v2/wrong", **how)
        assert (status, code(body)) == (400, expected), (how, body)
        assert send("HeadObject", "HEAD", "/cli-v2/wrong")[0] == 404, how


@proves(s3="CreateMultipartUpload UploadPart CompleteMultipartUpload")
def check_parts_with_their_checksums_behind_them():
    wanted = {"x-amz-checksum-algorithm": "CRC64NVME", "x-amz-checksum-type": "FULL_OBJECT"}
    status, _, body = send("CreateMultipartUpload", "POST", "/cli-v2/parts?uploads=", headers=wanted)
    upload_id = re.search(b"<UploadId>(.*?)</UploadId>", body)[1].decode()
    part = f"/cli-v2/parts?partNumber=1&uploadId={upload_id}"
    status, _, body = upload("UploadPart", part, trailer=crc64nvme(b"another body"))
    assert (status, code(body)) == (400, "BadDigest")
    assert b"<PartNumber>" not in send("ListParts", "GET", f"/cli-v2/parts?uploadId={upload_id}")[2]
    status, headers, _ = upload("UploadPart", part)
    assert (status, headers["x-amz-checksum-crc64nvme"]) == (200, crc64nvme(BODY))
    xml = f"""<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Part><PartNumber>1</PartNumber>
      <ETag>{headers['ETag']}</ETag><ChecksumCRC64NVME>{crc64nvme(BODY)}</ChecksumCRC64NVME></Part></CompleteMultipartUpload>"""
    path = f"/cli-v2/parts?uploadId={upload_id}"
    claimed = {"x-amz-checksum-type": "FULL_OBJECT", "x-amz-checksum-crc64nvme": crc64nvme(b"another body")}
    status, _, body = send("CompleteMultipartUpload", "POST", path, xml.encode(), claimed)
    assert status == 400 and code(body) in ("BadDigest", "InvalidRequest"), body
    assert send("HeadObject", "HEAD", "/cli-v2/parts")[0] == 404
    claimed["x-amz-checksum-crc64nvme"] = crc64nvme(BODY)
    status, _, body = send("CompleteMultipartUpload", "POST", path, xml.encode(), claimed)
    assert status == 200 and crc64nvme(BODY).encode() in body, body
    assert send("GetObject", "GET", "/cli-v2/parts")[2] == BODY


checks.run(sys.modules[__name__])
