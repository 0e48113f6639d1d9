"""Objects, by boto3. The bucket is that of boto3_buckets."""

import base64
import hashlib
import http.client
import os
import urllib.parse

import boto3
from botocore.config import Config

from boto3_clients import s3
from checks import error_of, proves


@proves(s3="PutObject GetObject HeadObject")
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


def check_storage_classes():
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-class-intro.html"""
    s3.put_object(Bucket="wire", Key="class/ia", Body=b"x", StorageClass="STANDARD_IA")
    s3.put_object(Bucket="wire", Key="class/standard", Body=b"x", StorageClass="STANDARD")
    s3.put_object(Bucket="wire", Key="class/archive", Body=b"x", StorageClass="GLACIER")
    assert s3.get_object(Bucket="wire", Key="class/ia")["StorageClass"] == "STANDARD_IA"
    assert "StorageClass" not in s3.head_object(Bucket="wire", Key="class/standard")
    assert s3.head_object(Bucket="wire", Key="class/archive")["StorageClass"] == "GLACIER"
    listed = s3.list_objects_v2(Bucket="wire", Prefix="class/")["Contents"]
    assert [o["StorageClass"] for o in listed] == ["GLACIER", "STANDARD_IA", "STANDARD"]
    assert error_of(s3.get_object, Bucket="wire", Key="class/archive") == ("InvalidObjectState", 403)
    assert error_of(s3.copy_object, Bucket="wire", Key="copy", CopySource="wire/class/archive")[0] == "InvalidObjectState"
    assert error_of(s3.put_object, Bucket="wire", Key="class/no", StorageClass="COLD") == ("InvalidStorageClass", 400)
    begun = s3.create_multipart_upload(Bucket="wire", Key="class/parts", StorageClass="ONEZONE_IA")
    of = {"Bucket": "wire", "Key": "class/parts", "UploadId": begun["UploadId"]}
    assert s3.list_parts(**of)["StorageClass"] == "ONEZONE_IA"
    s3.abort_multipart_upload(**of)


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
    once = boto3.client("s3", config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}))
    bad = {"Bucket": "wire", "Key": "bad", "Body": b"x"}
    assert error_of(once.put_object, ContentMD5="AAAAAAAAAAAAAAAAAAAAAA==", **bad)[0] == "BadDigest"
    assert error_of(once.put_object, ChecksumSHA256="A" * 43 + "=", **bad)[0] == "BadDigest"
    assert error_of(s3.head_object, Bucket="wire", Key="bad") == ("404", 404)
    put = s3.put_object(Bucket="wire", Key="good", Body=b"x", ChecksumAlgorithm="SHA256")
    assert put["ChecksumSHA256"] == base64.b64encode(hashlib.sha256(b"x").digest()).decode(), put


@proves(s3="ListObjects ListObjectsV2")
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


@proves(s3="CopyObject DeleteObject DeleteObjects")
def check_copy_and_delete():
    copied = s3.copy_object(Bucket="wire", Key="copy", CopySource={"Bucket": "wire", "Key": "a b/ü+(1)"})
    assert copied["CopyObjectResult"]["ETag"] == '"5d41402abc4b2a76b9719d911017c592"', copied
    copy = s3.get_object(Bucket="wire", Key="copy")
    assert copy["Body"].read() == b"hello" and copy["Metadata"] == {"colour": "blue"}
    s3.copy_object(
        Bucket="wire", Key="copy", CopySource="wire/copy", Metadata={"colour": "red"}, MetadataDirective="REPLACE"
    )
    assert s3.head_object(Bucket="wire", Key="copy")["Metadata"] == {"colour": "red"}
    assert error_of(s3.copy_object, Bucket="wire", Key="copy", CopySource="wire/copy")[0] == "InvalidRequest"
    assert s3.delete_object(Bucket="wire", Key="copy")["ResponseMetadata"]["HTTPStatusCode"] == 204
    s3.delete_object(Bucket="wire", Key="copy")  # deleting what is not there succeeds
    assert error_of(s3.head_object, Bucket="wire", Key="copy")[1] == 404
    gone = s3.delete_objects(Bucket="wire", Delete={"Objects": [{"Key": "l/c"}, {"Key": "never-there"}]})
    assert sorted(d["Key"] for d in gone["Deleted"]) == ["l/c", "never-there"], gone
    assert error_of(s3.head_object, Bucket="wire", Key="l/c")[1] == 404


@proves(s3="CreateMultipartUpload UploadPart ListParts ListMultipartUploads CompleteMultipartUpload AbortMultipartUpload")
def check_multipart():
    upload = s3.create_multipart_upload(Bucket="wire", Key="parts", Metadata={"m": "1"})["UploadId"]
    parts = []
    bodies = [os.urandom(5 << 20), os.urandom(1000)]
    for number, body in enumerate(bodies, 1):
        etag = s3.upload_part(Bucket="wire", Key="parts", UploadId=upload, PartNumber=number, Body=body)["ETag"]
        parts.append({"PartNumber": number, "ETag": etag})
    listed = s3.list_parts(Bucket="wire", Key="parts", UploadId=upload)["Parts"]
    assert [(p["PartNumber"], p["Size"], p["ETag"]) for p in listed] == [(1, 5 << 20, parts[0]["ETag"]), (2, 1000, parts[1]["ETag"])]
    assert [u["Key"] for u in s3.list_multipart_uploads(Bucket="wire")["Uploads"]] == ["parts"]
    wrong = [parts[1], parts[0]]
    complete = s3.complete_multipart_upload
    call = {"Bucket": "wire", "Key": "parts", "UploadId": upload}
    assert error_of(complete, MultipartUpload={"Parts": wrong}, **call)[0] == "InvalidPartOrder"
    done = complete(MultipartUpload={"Parts": parts}, **call)
    assert done["ETag"].endswith('-2"'), done
    got = s3.get_object(Bucket="wire", Key="parts")
    assert got["Body"].read() == b"".join(bodies) and got["Metadata"] == {"m": "1"}
    middle = s3.get_object(Bucket="wire", Key="parts", Range="bytes=5242878-5242881")["Body"].read()
    assert middle == b"".join(bodies)[5242878:5242882]
    small = s3.create_multipart_upload(Bucket="wire", Key="small")["UploadId"]
    tags = [s3.upload_part(Bucket="wire", Key="small", UploadId=small, PartNumber=n, Body=b"x")["ETag"] for n in (1, 2)]
    many = {"Parts": [{"PartNumber": n, "ETag": tag} for n, tag in enumerate(tags, 1)]}
    assert error_of(complete, Bucket="wire", Key="small", UploadId=small, MultipartUpload=many)[0] == "EntityTooSmall"
    aborted = s3.abort_multipart_upload(Bucket="wire", Key="small", UploadId=small)
    assert aborted["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert error_of(s3.list_parts, Bucket="wire", Key="small", UploadId=small)[0] == "NoSuchUpload"


@proves(s3="UploadPartCopy")
def check_parts_copied_from_objects():
    upload = s3.create_multipart_upload(Bucket="wire", Key="joined")["UploadId"]
    call = {"Bucket": "wire", "Key": "joined", "UploadId": upload}
    parts = []
    for number, (source, span) in enumerate([("parts", "bytes=0-5242879"), ("large", "bytes=10-19")], 1):
        copied = s3.upload_part_copy(CopySource=f"wire/{source}", CopySourceRange=span, PartNumber=number, **call)
        parts.append({"PartNumber": number, "ETag": copied["CopyPartResult"]["ETag"]})
    s3.complete_multipart_upload(MultipartUpload={"Parts": parts}, **call)
    joined = s3.get_object(Bucket="wire", Key="joined")["Body"].read()
    of = {key: s3.get_object(Bucket="wire", Key=key)["Body"].read() for key in ("parts", "large")}
    assert joined == of["parts"][: 5 << 20] + of["large"][10:20]


@proves(s3="PutObjectTagging GetObjectTagging DeleteObjectTagging")
def check_object_tags():
    s3.put_object(Bucket="wire", Key="tagged", Body=b"", Tagging="a=1&b=x%20y")
    of = {"Bucket": "wire", "Key": "tagged"}
    assert s3.get_object_tagging(**of)["TagSet"] == [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "x y"}]
    assert s3.get_object(**of)["TagCount"] == 2
    answer = s3.put_object_tagging(Tagging={"TagSet": [{"Key": "c", "Value": "ü"}]}, **of)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert s3.get_object_tagging(**of)["TagSet"] == [{"Key": "c", "Value": "ü"}]
    assert s3.delete_object_tagging(**of)["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert s3.get_object_tagging(**of)["TagSet"] == []


@proves(s3="GetObjectAttributes")
def check_object_attributes():
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectAttributes.html: the ETag comes without quotes"""
    wanted = ["ETag", "Checksum", "ObjectSize", "StorageClass"]
    answer = s3.get_object_attributes(Bucket="wire", Key="good", ObjectAttributes=wanted)
    assert answer["ETag"] == hashlib.md5(b"x").hexdigest() and answer["ObjectSize"] == 1, answer
    assert answer["Checksum"]["ChecksumSHA256"] == base64.b64encode(hashlib.sha256(b"x").digest()).decode(), answer
    assert answer["StorageClass"] == "STANDARD", answer


def fetch(url, method="GET", body=None):
    """Status and body. Buckets' host names need not resolve on this machine: all of them are the server's."""
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection("localhost", parts.port, timeout=30)
    connection.request(method, f"{parts.path}?{parts.query}", body, {"Host": parts.netloc})
    answer = connection.getresponse()
    return answer.status, answer.read()


def check_presigned_urls():
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-presigned-url.html"""
    for style in ("path", "virtual"):
        signer = boto3.client("s3", config=Config(signature_version="s3v4", s3={"addressing_style": style}))
        put = signer.generate_presigned_url("put_object", Params={"Bucket": "wire", "Key": "pre signed"})
        assert fetch(put, "PUT", style.encode())[0] == 200
        get = signer.generate_presigned_url("get_object", Params={"Bucket": "wire", "Key": "pre signed"})
        assert fetch(get) == (200, style.encode())
        assert fetch(get.replace("pre%20signed", "large"))[0] == 403
    for key in ("SimpleNotificationService/x", "_lambda/code/x", "_carillon/health"):
        signer = boto3.client("s3", config=Config(signature_version="s3v4", s3={"addressing_style": "virtual"}))
        put = signer.generate_presigned_url("put_object", Params={"Bucket": "wire", "Key": key})
        assert fetch(put, "PUT", key.encode())[0] == 200, key
        assert s3.get_object(Bucket="wire", Key=key)["Body"].read() == key.encode()
