"""A bucket in another region than the client's: S3 redirects, and clients follow to the object.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/Redirects.html; boto3 and the AWS CLI
follow a PermanentRedirect with x-amz-bucket-region by their S3RegionRedirector.
"""

import os, subprocess, tempfile
import boto3
from botocore.config import Config

PATHS = Config(s3={"addressing_style": "path"})


def client(region):
    return boto3.client("s3", region_name=region, config=PATHS)


home = client("eu-west-1")
home.create_bucket(
    Bucket="regions-west", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
)
home.put_object(Bucket="regions-west", Key="k", Body=b"x")

# each with a new client, which has not cached the region of the bucket
for region in ("us-east-1", "eu-central-1"):
    assert client(region).get_object(Bucket="regions-west", Key="k")["Body"].read() == b"x"
    head = client(region).head_object(Bucket="regions-west", Key="k")
    assert head["ContentLength"] == 1, head
    client(region).put_object(Bucket="regions-west", Key="put", Body=b"put")
    assert home.get_object(Bucket="regions-west", Key="put")["Body"].read() == b"put"
    with tempfile.NamedTemporaryFile() as file:
        file.write(b"f" * (9 << 20))
        file.flush()
        client(region).upload_file(file.name, "regions-west", "parts")
    assert home.head_object(Bucket="regions-west", Key="parts")["ContentLength"] == 9 << 20
    client(region).copy_object(
        Bucket="regions-west", Key="copy", CopySource={"Bucket": "regions-west", "Key": "k"}
    )
    client(region).put_object_tagging(
        Bucket="regions-west", Key="copy", Tagging={"TagSet": [{"Key": "k", "Value": "v"}]}
    )
    tags = client(region).get_object_tagging(Bucket="regions-west", Key="copy")["TagSet"]
    assert tags == [{"Key": "k", "Value": "v"}], tags
    client(region).delete_object(Bucket="regions-west", Key="put")
    listed = client(region).list_objects_v2(Bucket="regions-west")
    assert [o["Key"] for o in listed["Contents"]] == ["copy", "k", "parts"], listed
    try:
        client(region).get_object(Bucket="regions-west", Key="none")
        raise SystemExit("there is no such object")
    except home.exceptions.NoSuchKey:
        pass

    if subprocess.run(["sh", "-c", "command -v aws"], capture_output=True).returncode == 0:
        environment = dict(os.environ, AWS_DEFAULT_REGION=region)
        for command in (
            ["aws", "s3", "cp", "s3://regions-west/k", "-"],
            ["aws", "s3api", "get-object", "--bucket", "regions-west", "--key", "k", "/dev/null"],
        ):
            ran = subprocess.run(command, env=environment, capture_output=True)
            assert ran.returncode == 0, ran
