"""boto3 against a running Carillon. Expectations are AWS's documented behaviour, named at the checks."""

import boto3_buckets
import boto3_events
import boto3_functions
import boto3_identities
import boto3_logs
import boto3_messages
import boto3_objects
import checks

checks.run(boto3_buckets, boto3_objects, boto3_functions, boto3_messages, boto3_identities, boto3_logs, boto3_events)
