"""Publishes every upload to a topic.

TOPIC_ARN holds the topic's ARN; credentials, region and endpoint come from the function's environment, as on AWS.
"""

import os
from urllib.parse import unquote_plus

import boto3

sns = boto3.client("sns")


def lambda_handler(event, context):
    for record in event["Records"]:
        bucket = record["s3"]["bucket"]["name"]
        key = unquote_plus(record["s3"]["object"]["key"])
        print(f"Uploaded: s3://{bucket}/{key}")
        sns.publish(
            TopicArn=os.environ["TOPIC_ARN"],
            Subject=f"New file in {bucket}",
            Message=f"{key} ({record['s3']['object']['size']} bytes) was uploaded to {bucket}.",
        )
    return {"statusCode": 200, "body": f"notified {len(event['Records'])}"}
