"""Buckets, by boto3."""

import json
import urllib.error
import urllib.request

from boto3_clients import ACCOUNT, client_of, drain, new_queue, s3, sqs, statement
from checks import error_of, proves, refuses


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


@proves(
    s3="GetPublicAccessBlock PutPublicAccessBlock DeletePublicAccessBlock GetBucketPolicyStatus GetBucketOwnershipControls "
    "PutBucketOwnershipControls DeleteBucketOwnershipControls"
)
def check_public_access_is_blocked():
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html"""
    of = {"Bucket": "wire-public"}
    s3.create_bucket(**of)
    s3.put_object(**of, Key="open", Body=b"in")
    url = s3.generate_presigned_url("get_object", Params={**of, "Key": "open"}).split("?")[0]
    settings = ["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"]
    assert s3.get_public_access_block(**of)["PublicAccessBlockConfiguration"] == dict.fromkeys(settings, True)
    public = statement(Principal="*", Action="s3:GetObject", Resource="arn:aws:s3:::wire-public/*")
    assert error_of(s3.put_bucket_policy, **of, Policy=public) == ("AccessDenied", 403)
    assert error_of(s3.get_bucket_policy_status, **of) == ("NoSuchBucketPolicy", 404)
    named = statement(Principal={"AWS": ACCOUNT}, Action="s3:GetObject", Resource="arn:aws:s3:::wire-public/*")
    s3.put_bucket_policy(**of, Policy=named)
    assert s3.get_bucket_policy_status(**of)["PolicyStatus"]["IsPublic"] is False
    assert status_of(url) == 403
    s3.delete_public_access_block(**of)
    assert error_of(s3.get_public_access_block, **of) == ("NoSuchPublicAccessBlockConfiguration", 404)
    s3.put_bucket_policy(**of, Policy=public)
    assert s3.get_bucket_policy_status(**of)["PolicyStatus"]["IsPublic"] is True
    assert status_of(url) == 200
    s3.put_public_access_block(**of, PublicAccessBlockConfiguration={"RestrictPublicBuckets": True})
    assert s3.get_public_access_block(**of)["PublicAccessBlockConfiguration"]["BlockPublicPolicy"] is False
    assert status_of(url) == 403
    assert client_of("public-reader", None, "s3").get_object(**of, Key="open")["Body"].read() == b"in"  # of the account

    controls = s3.get_bucket_ownership_controls(**of)["OwnershipControls"]
    assert controls == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}, controls
    preferred = {"Rules": [{"ObjectOwnership": "BucketOwnerPreferred"}]}
    s3.put_bucket_ownership_controls(**of, OwnershipControls=preferred)
    assert s3.get_bucket_ownership_controls(**of)["OwnershipControls"] == preferred
    s3.put_bucket_acl(**of, ACL="private")
    s3.put_public_access_block(**of, PublicAccessBlockConfiguration={"BlockPublicAcls": True})
    assert error_of(s3.put_object, **of, Key="k", ACL="public-read") == ("AccessDenied", 403)
    s3.delete_bucket_ownership_controls(**of)
    assert error_of(s3.get_bucket_ownership_controls, **of) == ("OwnershipControlsNotFoundError", 404)
    assert error_of(s3.create_bucket, Bucket="wire-no", ACL="public-read") == ("InvalidBucketAclWithObjectOwnership", 400)


def status_of(url):
    """The response to an anonymous reader."""
    try:
        with urllib.request.urlopen(url) as answer:
            return answer.status
    except urllib.error.HTTPError as answer:
        return answer.code


@proves(
    s3="GetBucketLogging PutBucketLogging GetBucketRequestPayment PutBucketRequestPayment GetBucketAccelerateConfiguration "
    "PutBucketAccelerateConfiguration GetBucketEncryption PutBucketEncryption DeleteBucketEncryption GetBucketAbac PutBucketAbac "
    "ListBucketAnalyticsConfigurations ListBucketIntelligentTieringConfigurations ListBucketInventoryConfigurations "
    "ListBucketMetricsConfigurations DeleteBucketCors DeleteBucketLifecycle DeleteBucketReplication DeleteBucketWebsite"
)
@refuses(
    s3="GetBucketCors PutBucketCors GetBucketLifecycleConfiguration PutBucketLifecycleConfiguration GetBucketReplication "
    "PutBucketReplication GetBucketWebsite PutBucketWebsite GetObjectLockConfiguration PutObjectLockConfiguration "
    "GetBucketAnalyticsConfiguration PutBucketAnalyticsConfiguration DeleteBucketAnalyticsConfiguration "
    "GetBucketIntelligentTieringConfiguration PutBucketIntelligentTieringConfiguration "
    "DeleteBucketIntelligentTieringConfiguration GetBucketInventoryConfiguration PutBucketInventoryConfiguration "
    "DeleteBucketInventoryConfiguration GetBucketMetricsConfiguration PutBucketMetricsConfiguration "
    "DeleteBucketMetricsConfiguration GetObjectLegalHold PutObjectLegalHold GetObjectRetention PutObjectRetention"
)
def check_a_bucket_is_configured_as_a_new_one():
    """The settings of a bucket that administration tools read; the operations' pages under
    https://docs.aws.amazon.com/AmazonS3/latest/API/ say what a new bucket returns."""
    of = {"Bucket": "wire-new"}
    s3.create_bucket(**of)
    assert error_of(s3.get_bucket_policy, **of) == ("NoSuchBucketPolicy", 404)
    assert s3.get_bucket_acl(**of)["Grants"][0]["Permission"] == "FULL_CONTROL"
    assert error_of(s3.get_bucket_cors, **of) == ("NoSuchCORSConfiguration", 404)
    assert error_of(s3.get_bucket_website, **of) == ("NoSuchWebsiteConfiguration", 404)
    assert "Status" not in s3.get_bucket_versioning(**of)
    assert "Status" not in s3.get_bucket_accelerate_configuration(**of)
    assert s3.get_bucket_request_payment(**of)["Payer"] == "BucketOwner"
    assert "LoggingEnabled" not in s3.get_bucket_logging(**of)
    assert error_of(s3.get_bucket_lifecycle_configuration, **of) == ("NoSuchLifecycleConfiguration", 404)
    assert error_of(s3.get_bucket_replication, **of) == ("ReplicationConfigurationNotFoundError", 404)
    encryption = s3.get_bucket_encryption(**of)["ServerSideEncryptionConfiguration"]
    assert encryption["Rules"][0]["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}, encryption
    assert error_of(s3.get_object_lock_configuration, **of) == ("ObjectLockConfigurationNotFoundError", 404)
    assert error_of(s3.get_bucket_tagging, **of) == ("NoSuchTagSet", 404)
    assert s3.get_bucket_abac(**of)["AbacStatus"] == {"Status": "Disabled"}
    assert s3.list_bucket_analytics_configurations(**of)["IsTruncated"] is False
    assert s3.list_bucket_intelligent_tiering_configurations(**of)["IsTruncated"] is False
    assert s3.list_bucket_inventory_configurations(**of)["IsTruncated"] is False
    assert s3.list_bucket_metrics_configurations(**of)["IsTruncated"] is False
    for of_kind in ["analytics", "intelligent_tiering", "inventory", "metrics"]:
        for verb in ["get", "delete"]:
            call = getattr(s3, f"{verb}_bucket_{of_kind}_configuration")
            assert error_of(call, **of, Id="one") == ("NoSuchConfiguration", 404)

    locked = {**of, "Key": "k"}
    for call, arguments in [
        (s3.get_object_legal_hold, {}),
        (s3.put_object_legal_hold, {"LegalHold": {"Status": "ON"}}),
        (s3.get_object_retention, {}),
        (s3.put_object_retention, {"Retention": {"Mode": "GOVERNANCE", "RetainUntilDate": "2030-01-01"}}),
    ]:
        assert error_of(call, **locked, **arguments) == ("InvalidRequest", 400)

    # what holds anyway
    s3.put_bucket_accelerate_configuration(**of, AccelerateConfiguration={"Status": "Suspended"})
    s3.put_bucket_request_payment(**of, RequestPaymentConfiguration={"Payer": "BucketOwner"})
    s3.put_bucket_logging(**of, BucketLoggingStatus={})
    s3.put_bucket_encryption(**of, ServerSideEncryptionConfiguration=encryption)
    s3.put_bucket_abac(**of, AbacStatus={"Status": "Disabled"})
    s3.delete_bucket_cors(**of)
    s3.delete_bucket_website(**of)
    s3.delete_bucket_lifecycle(**of)
    s3.delete_bucket_replication(**of)
    s3.delete_bucket_encryption(**of)

    # what does not
    def refused(call, **arguments):
        assert error_of(call, **of, **arguments) == ("NotImplemented", 501), arguments

    refused(s3.put_bucket_request_payment, RequestPaymentConfiguration={"Payer": "Requester"})
    refused(s3.put_bucket_cors, CORSConfiguration={"CORSRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]}]})
    refused(s3.put_bucket_website, WebsiteConfiguration={"IndexDocument": {"Suffix": "index.html"}})
    rule = {"ID": "x", "Status": "Enabled", "Filter": {}, "Expiration": {"Days": 1}}
    refused(s3.put_bucket_lifecycle_configuration, LifecycleConfiguration={"Rules": [rule]})
    rule = {"Status": "Enabled", "Destination": {"Bucket": "arn:aws:s3:::wire"}}
    role = f"arn:aws:iam::{ACCOUNT}:role/r"
    refused(s3.put_bucket_replication, ReplicationConfiguration={"Role": role, "Rules": [rule]})
    refused(s3.put_object_lock_configuration, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled"})
    refused(s3.put_bucket_metrics_configuration, Id="one", MetricsConfiguration={"Id": "one"})
    refused(
        s3.put_bucket_analytics_configuration,
        Id="one",
        AnalyticsConfiguration={"Id": "one", "StorageClassAnalysis": {}},
    )
    tiers = [{"Days": 90, "AccessTier": "ARCHIVE_ACCESS"}]
    refused(
        s3.put_bucket_intelligent_tiering_configuration,
        Id="one",
        IntelligentTieringConfiguration={"Id": "one", "Status": "Enabled", "Tierings": tiers},
    )
    refused(
        s3.put_bucket_inventory_configuration,
        Id="one",
        InventoryConfiguration={
            "Id": "one",
            "IsEnabled": True,
            "IncludedObjectVersions": "All",
            "Schedule": {"Frequency": "Daily"},
            "Destination": {"S3BucketDestination": {"Bucket": "arn:aws:s3:::wire", "Format": "CSV"}},
        },
    )
