"""Services that are not here, as boto3 and the AWS CLI show their refusal: the code and the service's
signing name, whatever protocol the client speaks. A client shows "Unknown" for what it cannot read.

Usage: unknown_services.py MOUNTED,MOUNTED,... with the names of the services that are here, which are left out."""

import shutil
import subprocess
import sys

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

CALLS = [
    ("cloudformation", "list_stacks", {}),  # query
    ("ses", "list_identities", {}),
    ("autoscaling", "describe_auto_scaling_groups", {}),
    ("rds", "describe_db_instances", {}),
    ("ec2", "describe_instances", {}),  # ec2
    ("dynamodb", "list_tables", {}),  # json
    ("kms", "list_keys", {}),
    ("secretsmanager", "list_secrets", {}),
    ("ssm", "describe_parameters", {}),
    ("stepfunctions", "list_state_machines", {}),
    ("cloudwatch", "list_metrics", {}),  # CBOR, in later versions
    ("route53", "list_hosted_zones", {}),  # rest-xml
    ("cloudfront", "list_distributions", {}),
    ("route53", "create_hosted_zone", {"Name": "n", "CallerReference": "r"}),
    ("apigateway", "get_rest_apis", {}),  # rest-json
    ("apigatewayv2", "create_api", {"Name": "n", "ProtocolType": "HTTP"}),
    ("eks", "list_clusters", {}),
    ("sesv2", "list_email_identities", {}),
    ("pipes", "list_pipes", {}),
    ("scheduler", "list_schedules", {}),
]

MOUNTED = sys.argv[1].split(",")
SCRIPTS = [["cloudformation", "list-stacks"], ["ec2", "describe-instances"], ["route53", "list-hosted-zones"]]


def main():
    wrong = []
    refused = 0
    for service, operation, arguments in CALLS:
        client = boto3.client(service, config=Config(retries={"total_max_attempts": 1}))
        name = client.meta.service_model.signing_name
        if name in MOUNTED:
            continue
        refused += 1
        try:
            getattr(client, operation)(**arguments)
            wrong.append(f"{service} {operation} was answered")
        except ClientError as e:
            said = e.response["Error"]
            status = e.response["ResponseMetadata"]["HTTPStatusCode"]
            if (
                said.get("Code") != "NotImplemented"
                or f"The service {name} is not implemented. There are {', '.join(MOUNTED)}." not in said.get("Message", "")
                or status != 501
            ):
                wrong.append(f"{service} {operation}: {status} {said}")
    for script in [s for s in SCRIPTS if s[0] not in MOUNTED] if shutil.which("aws") else []:
        said = subprocess.run(["aws", *script], capture_output=True, text=True).stderr
        if "An error occurred (NotImplemented) when calling the" not in said or "is not implemented" not in said:
            wrong.append(f"aws {' '.join(script)}: {said}")
    if refused < 10:
        wrong.append(f"only {refused} services are asked that are not here: add some")
    sys.exit("\n".join(wrong) if wrong else 0)


main()
