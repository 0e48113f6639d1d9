"""Buckets, by boto3."""

import json

from boto3_clients import ACCOUNT, client_of, drain, new_queue, s3, sqs, statement
from checks import error_of, proves


@proves(s3="CreateBucket ListBuckets GetBucketLocation HeadBucket DeleteBucket")
def check_buckets():
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html, …/userguide/bucketnamingrules.html"""
    assert s3.create_bucket(Bucket="wire")["Location"] == "/wire"
    s3.create_bucket(Bucket="wire")  # us-east-1: making one's own bucket again is no error
    assert "wire" in [b["Name"] for b in s3.list_buckets()["Buckets"]]
    assert s3.get_bucket_location(Bucket="wire")["LocationConstraint"] is None
    assert s3.head_bucket(Bucket="wire")["BucketRegion"] == "us-east-1"
    assert error_of(s3.create_bucket, Bucket="Bad_Name")[0] == "InvalidBucketName"
    assert error_of(s3.head_bucket, Bucket="nowhere-at-all") == ("404", 404)
    assert error_of(s3.list_objects_v2, Bucket="nowhere-at-all") == ("NoSuchBucket", 404)
    s3.create_bucket(Bucket="wire-gone")
    s3.put_object(Bucket="wire-gone", Key="k")
    assert error_of(s3.delete_bucket, Bucket="wire-gone") == ("BucketNotEmpty", 409)
    s3.delete_object(Bucket="wire-gone", Key="k")
    s3.delete_bucket(Bucket="wire-gone")
    assert error_of(s3.head_bucket, Bucket="wire-gone") == ("404", 404)


@proves(s3="PutBucketTagging GetBucketTagging DeleteBucketTagging")
def check_bucket_tags():
    tags = {"TagSet": [{"Key": "team", "Value": "a b"}]}
    assert error_of(s3.get_bucket_tagging, Bucket="wire") == ("NoSuchTagSet", 404)
    s3.put_bucket_tagging(Bucket="wire", Tagging=tags)
    assert s3.get_bucket_tagging(Bucket="wire")["TagSet"] == tags["TagSet"]
    s3.delete_bucket_tagging(Bucket="wire")
    assert error_of(s3.get_bucket_tagging, Bucket="wire") == ("NoSuchTagSet", 404)


@proves(s3="PutBucketPolicy GetBucketPolicy DeleteBucketPolicy")
def check_bucket_policies():
    s3.create_bucket(Bucket="wire-policy")
    s3.put_object(Bucket="wire-policy", Key="open", Body=b"in")
    stranger = client_of("bucket-reader", None, "s3")
    assert error_of(stranger.get_object, Bucket="wire-policy", Key="open") == ("AccessDenied", 403)
    principal = {"AWS": f"arn:aws:iam::{ACCOUNT}:user/bucket-reader"}
    policy = statement(Principal=principal, Action="s3:GetObject", Resource="arn:aws:s3:::wire-policy/*")
    assert error_of(s3.get_bucket_policy, Bucket="wire-policy") == ("NoSuchBucketPolicy", 404)
    s3.put_bucket_policy(Bucket="wire-policy", Policy=policy)
    assert json.loads(s3.get_bucket_policy(Bucket="wire-policy")["Policy"]) == json.loads(policy)
    assert stranger.get_object(Bucket="wire-policy", Key="open")["Body"].read() == b"in"
    assert error_of(s3.put_bucket_policy, Bucket="wire-policy", Policy="{")[0] == "MalformedPolicy"
    s3.delete_bucket_policy(Bucket="wire-policy")
    assert error_of(s3.get_bucket_policy, Bucket="wire-policy") == ("NoSuchBucketPolicy", 404)
    assert error_of(stranger.get_object, Bucket="wire-policy", Key="open") == ("AccessDenied", 403)


@proves(s3="PutBucketVersioning GetBucketVersioning ListObjectVersions")
def check_versions():
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/versioning-workflows.html"""
    s3.create_bucket(Bucket="wire-versions")
    assert "Status" not in s3.get_bucket_versioning(Bucket="wire-versions")
    s3.put_bucket_versioning(Bucket="wire-versions", VersioningConfiguration={"Status": "Enabled"})
    assert s3.get_bucket_versioning(Bucket="wire-versions")["Status"] == "Enabled"
    first = s3.put_object(Bucket="wire-versions", Key="k", Body=b"1")["VersionId"]
    second = s3.put_object(Bucket="wire-versions", Key="k", Body=b"22")["VersionId"]
    assert s3.get_object(Bucket="wire-versions", Key="k")["Body"].read() == b"22"
    assert s3.get_object(Bucket="wire-versions", Key="k", VersionId=first)["Body"].read() == b"1"
    marker = s3.delete_object(Bucket="wire-versions", Key="k")
    assert marker["DeleteMarker"] is True, marker
    assert error_of(s3.get_object, Bucket="wire-versions", Key="k") == ("NoSuchKey", 404)
    listed = s3.list_object_versions(Bucket="wire-versions")
    assert [(v["VersionId"], v["IsLatest"], v["Size"]) for v in listed["Versions"]] == [(second, False, 2), (first, False, 1)]
    assert [(m["VersionId"], m["IsLatest"]) for m in listed["DeleteMarkers"]] == [(marker["VersionId"], True)]
    s3.delete_object(Bucket="wire-versions", Key="k", VersionId=marker["VersionId"])
    assert s3.get_object(Bucket="wire-versions", Key="k")["Body"].read() == b"22"


@proves(s3="GetBucketAcl PutBucketAcl GetObjectAcl PutObjectAcl")
def check_access_control_lists_are_off():
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html: bucket owner enforced"""
    s3.put_object(Bucket="wire", Key="acl")
    for read, write, of in [
        (s3.get_bucket_acl, s3.put_bucket_acl, {"Bucket": "wire"}),
        (s3.get_object_acl, s3.put_object_acl, {"Bucket": "wire", "Key": "acl"}),
    ]:
        answer = read(**of)
        assert [g["Permission"] for g in answer["Grants"]] == ["FULL_CONTROL"], answer
        assert answer["Grants"][0]["Grantee"]["ID"] == answer["Owner"]["ID"], answer
        assert write(ACL="bucket-owner-full-control", **of)["ResponseMetadata"]["HTTPStatusCode"] == 200
        assert error_of(write, ACL="public-read", **of) == ("AccessControlListNotSupported", 400)


@proves(s3="PutBucketNotificationConfiguration GetBucketNotificationConfiguration", sqs="ReceiveMessage DeleteMessage")
def check_events_to_a_queue():
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html"""
    url, arn = new_queue("events", "nobody.amazonaws.com")
    rule = {"QueueArn": arn, "Events": ["s3:ObjectCreated:*", "s3:ObjectRemoved:*"], "Id": "mine"}
    put = s3.put_bucket_notification_configuration
    configuration = {"QueueConfigurations": [rule]}
    assert error_of(put, Bucket="wire", NotificationConfiguration=configuration)[0] == "InvalidArgument"
    assert "QueueConfigurations" not in s3.get_bucket_notification_configuration(Bucket="wire")
    let_in = statement(Principal={"Service": "s3.amazonaws.com"}, Action="sqs:SendMessage", Resource=arn)
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": let_in})
    put(Bucket="wire", NotificationConfiguration=configuration)
    assert s3.get_bucket_notification_configuration(Bucket="wire")["QueueConfigurations"] == [rule]
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
    suffix = {"Key": {"FilterRules": [{"Name": "suffix", "Value": "x"}]}}
    overlap = [{**rule, "Id": "a"}, {**rule, "Id": "b", "Filter": suffix}]
    assert error_of(put, Bucket="wire", NotificationConfiguration={"QueueConfigurations": overlap})[0] == "InvalidArgument"
    put(Bucket="wire", NotificationConfiguration={})
    s3.put_object(Bucket="wire", Key="silent", Body=b"")
    assert drain(url, wait=1) == []


def check_what_buckets_cannot_do_says_so():
    rule = {"ID": "x", "Status": "Enabled", "Filter": {}, "Expiration": {"Days": 1}}
    call = s3.put_bucket_lifecycle_configuration
    assert error_of(call, Bucket="wire", LifecycleConfiguration={"Rules": [rule]}) == ("NotImplemented", 501)
