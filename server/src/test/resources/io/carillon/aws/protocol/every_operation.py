"""Calls every operation of a service through boto3, with every member filled from botocore's model.

Usage: every_operation.py ENDPOINT SERVICE SKIP;SKIP;...
Prints a line for each operation that failed, and at last how many were called.
"""
import datetime
import sys

import boto3
from botocore.config import Config

endpoint, service, skip = sys.argv[1], sys.argv[2], set(sys.argv[3].split(";"))
client = boto3.client(
    service,
    endpoint_url=endpoint,
    region_name="eu-central-1",
    aws_access_key_id="test",
    aws_secret_access_key="test",
    config=Config(
        parameter_validation=False,
        retries={"total_max_attempts": 1},
        s3={"addressing_style": "path"},
    ),
)
GIVEN = {"Bucket": "bucket-1", "Key": "a key/+%\u00fc//..", "ChecksumAlgorithm": "CRC32"}
ABSENT = {"ContentMD5", "ContentLength"}


def sample(shape, name, seen):
    kind = shape.type_name
    if kind == "structure":
        if shape.name in seen:
            return {}
        return {
            member: sample(inner, member, seen | {shape.name})
            for member, inner in shape.members.items()
            if not (not seen and member in ABSENT) and not getattr(inner, "is_document_type", False)
        }
    if kind == "list":
        return [sample(shape.member, name, seen)] * 2
    if kind == "map":
        return {"a-key": sample(shape.value, name, seen)}
    if kind == "timestamp":
        return datetime.datetime(2026, 1, 31, 13, 45, tzinfo=datetime.timezone.utc)
    if kind == "blob":
        return b"bytes"
    if kind in ("integer", "long"):
        return 7
    if kind in ("double", "float"):
        return 0.5
    if kind == "boolean":
        return True
    if name in GIVEN:
        return GIVEN[name]
    return shape.enum[0] if getattr(shape, "enum", None) else "text"


called = 0
for operation in client.meta.service_model.operation_names:
    model = client.meta.service_model.operation_model(operation)
    if operation in skip or model.has_event_stream_output or model.has_event_stream_input:
        continue
    if model.has_streaming_output or model.get_streaming_input() is not None:
        continue
    arguments = sample(model.input_shape, "", set()) if model.input_shape else {}
    try:
        answer = client._make_api_call(operation, arguments)
        members = model.output_shape.members if model.output_shape else {}
        missing = [m for m in members if m not in answer]
        if missing:
            print(operation, "answer lacks", missing)
        called += 1
    except Exception as e:
        print(operation, type(e).__name__, e, flush=True)
print("called", called)
