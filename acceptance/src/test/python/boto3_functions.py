"""Functions, by boto3."""

import base64
import json
import urllib.request

import boto3

from boto3_clients import ACCOUNT, LAMBDA_TRUST, drain, iam, lam, logs, s3, sqs, statement, zipped
from checks import error_of, proves, until

CODE = """
import os
def f(event, context):
    print("hi")
    if event.get("fail"): raise ValueError("no")
    return {"region": os.environ["AWS_REGION"], "colour": os.environ.get("COLOUR"), **event}
"""
ARN = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:echo"


def role_arn(name, *policies):
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=LAMBDA_TRUST)["Role"]["Arn"]
    for number, policy in enumerate(policies):
        iam.put_role_policy(RoleName=name, PolicyName=f"p{number}", PolicyDocument=policy)
    return arn


def settled(name, waiter="function_updated_v2"):
    lam.get_waiter(waiter).wait(FunctionName=name, WaiterConfig={"Delay": 1})


def said(answer):
    return json.loads(answer["Payload"].read())


@proves(lambda_="CreateFunction Invoke", logs="FilterLogEvents")
def check_a_function():
    """https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html"""
    role = role_arn("runs")
    create = {"FunctionName": "echo", "Runtime": "python3.11", "Role": role, "Handler": "m.f"}
    made = lam.create_function(Code={"ZipFile": zipped("m.py", CODE)}, **create)
    assert made["State"] == "Pending" and made["FunctionArn"] == ARN, made
    settled("echo", "function_active_v2")
    answer = lam.invoke(FunctionName="echo", Payload=b'{"a": 1}', LogType="Tail")
    assert said(answer) == {"region": "us-east-1", "colour": None, "a": 1}
    assert "FunctionError" not in answer and answer["ExecutedVersion"] == "$LATEST", answer
    tail = base64.b64decode(answer["LogResult"]).decode()
    assert "START RequestId" in tail and "hi\n" in tail and "REPORT RequestId" in tail, tail
    failed = lam.invoke(FunctionName="echo", Payload=b'{"fail": true}')
    error = said(failed)
    assert failed["FunctionError"] == "Unhandled" and error["errorType"] == "ValueError" and error["errorMessage"] == "no", error
    until(lambda: logs.filter_log_events(logGroupName="/aws/lambda/echo", filterPattern="hi")["events"])
    assert lam.invoke(FunctionName="echo", InvocationType="DryRun")["StatusCode"] == 204
    assert lam.invoke(FunctionName="echo", InvocationType="Event", Payload=b"{}")["StatusCode"] == 202
    assert error_of(lam.invoke, FunctionName="nothing")[0] == "ResourceNotFoundException"
    again = error_of(lam.create_function, Code={"ZipFile": zipped("m.py", CODE)}, **create)
    assert again[0] == "ResourceConflictException"
    broken = {**create, "FunctionName": "x", "Code": {"ZipFile": b"no zip"}}
    assert error_of(lam.create_function, **broken)[0] == "InvalidParameterValueException"


@proves(lambda_="GetFunction GetFunctionConfiguration ListFunctions UpdateFunctionCode UpdateFunctionConfiguration")
def check_what_a_function_is_made_of():
    changed = lam.update_function_configuration(FunctionName="echo", Timeout=5, Environment={"Variables": {"COLOUR": "blue"}})
    assert changed["Timeout"] == 5 and changed["LastUpdateStatus"] in ("InProgress", "Successful"), changed
    settled("echo")
    assert lam.get_function_configuration(FunctionName="echo")["Environment"]["Variables"] == {"COLOUR": "blue"}
    assert said(lam.invoke(FunctionName="echo", Payload=b"{}"))["colour"] == "blue"
    s3.put_object(Bucket="wire", Key="code.zip", Body=zipped("m.py", "def f(event, context): return 'second'"))
    sha = lam.update_function_code(FunctionName="echo", S3Bucket="wire", S3Key="code.zip")["CodeSha256"]
    settled("echo")
    assert said(lam.invoke(FunctionName="echo")) == "second"
    assert {f["FunctionName"]: f["CodeSha256"] for f in lam.list_functions()["Functions"]}["echo"] == sha
    found = lam.get_function(FunctionName=ARN)
    assert found["Configuration"]["Handler"] == "m.f" and found["Code"]["RepositoryType"] == "S3", found
    with urllib.request.urlopen(found["Code"]["Location"]) as code:
        assert code.read() == s3.get_object(Bucket="wire", Key="code.zip")["Body"].read()


@proves(lambda_="AddPermission GetPolicy RemovePermission")
def check_a_functions_policy():
    may = {"Action": "lambda:InvokeFunction", "Principal": "s3.amazonaws.com", "SourceArn": "arn:aws:s3:::wire"}
    added = json.loads(lam.add_permission(FunctionName="echo", StatementId="s", **may)["Statement"])
    assert added["Sid"] == "s" and added["Principal"] == {"Service": "s3.amazonaws.com"}, added
    assert json.loads(lam.get_policy(FunctionName="echo")["Policy"])["Statement"] == [added]
    assert error_of(lam.add_permission, FunctionName="echo", StatementId="s", **may)[0] == "ResourceConflictException"
    lam.remove_permission(FunctionName="echo", StatementId="s")
    assert error_of(lam.get_policy, FunctionName="echo") == ("ResourceNotFoundException", 404)


@proves(lambda_="PublishVersion ListVersionsByFunction CreateAlias GetAlias ListAliases UpdateAlias DeleteAlias")
def check_versions_and_aliases():
    """https://docs.aws.amazon.com/lambda/latest/dg/configuration-versions.html, …/configuration-aliases.html"""
    first = lam.publish_version(FunctionName="echo", Description="one")
    assert first["Version"] == "1" and first["FunctionArn"] == f"{ARN}:1", first
    assert lam.publish_version(FunctionName="echo")["Version"] == "1"  # nothing has changed since
    lam.update_function_code(FunctionName="echo", ZipFile=zipped("m.py", "def f(event, context): return 'third'"))
    settled("echo")
    assert lam.publish_version(FunctionName="echo")["Version"] == "2"
    assert [v["Version"] for v in lam.list_versions_by_function(FunctionName="echo")["Versions"]] == ["$LATEST", "1", "2"]
    alias = lam.create_alias(FunctionName="echo", Name="live", FunctionVersion="1")
    assert alias["AliasArn"] == f"{ARN}:live" and alias["FunctionVersion"] == "1", alias
    settled("echo:1", "published_version_active")
    invoked = lam.invoke(FunctionName="echo", Qualifier="live")
    assert said(invoked) == "second" and invoked["ExecutedVersion"] == "1"
    assert lam.update_alias(FunctionName="echo", Name="live", FunctionVersion="2")["FunctionVersion"] == "2"
    assert said(lam.invoke(FunctionName="echo:live")) == "third"
    assert lam.get_alias(FunctionName="echo", Name="live")["FunctionVersion"] == "2"
    assert [a["Name"] for a in lam.list_aliases(FunctionName="echo")["Aliases"]] == ["live"]
    lam.delete_alias(FunctionName="echo", Name="live")
    assert error_of(lam.get_alias, FunctionName="echo", Name="live") == ("ResourceNotFoundException", 404)


@proves(
    lambda_="PutFunctionEventInvokeConfig UpdateFunctionEventInvokeConfig GetFunctionEventInvokeConfig "
    "ListFunctionEventInvokeConfigs DeleteFunctionEventInvokeConfig"
)
def check_where_failures_go():
    """https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html"""
    url, queue = sqs.create_queue(QueueName="failures")["QueueUrl"], f"arn:aws:sqs:us-east-1:{ACCOUNT}:failures"
    unsent = error_of(
        lam.put_function_event_invoke_config, FunctionName="echo", DestinationConfig={"OnFailure": {"Destination": queue}}
    )
    assert unsent[0] == "InvalidParameterValueException", unsent
    iam.put_role_policy(
        RoleName="runs", PolicyName="send", PolicyDocument=statement(Action="sqs:SendMessage", Resource=queue)
    )
    made = lam.put_function_event_invoke_config(FunctionName="echo", MaximumRetryAttempts=1, MaximumEventAgeInSeconds=3600)
    assert made["MaximumRetryAttempts"] == 1 and made["FunctionArn"] == f"{ARN}:$LATEST", made
    to = {"OnFailure": {"Destination": queue}}
    changed = lam.update_function_event_invoke_config(FunctionName="echo", MaximumRetryAttempts=0, DestinationConfig=to)
    assert changed["MaximumRetryAttempts"] == 0 and changed["MaximumEventAgeInSeconds"] == 3600, changed
    assert lam.get_function_event_invoke_config(FunctionName="echo")["DestinationConfig"]["OnFailure"] == to["OnFailure"]
    listed = lam.list_function_event_invoke_configs(FunctionName="echo")["FunctionEventInvokeConfigs"]
    assert [c["MaximumRetryAttempts"] for c in listed] == [0]
    lam.update_function_code(FunctionName="echo", ZipFile=zipped("m.py", CODE))
    settled("echo")
    lam.invoke(FunctionName="echo", InvocationType="Event", Payload=b'{"fail": true}')
    (record,) = [json.loads(body) for body in until(lambda: drain(url))]
    assert record["requestContext"]["condition"] == "RetriesExhausted", record
    assert record["requestPayload"] == {"fail": True} and record["responsePayload"]["errorType"] == "ValueError", record
    lam.delete_function_event_invoke_config(FunctionName="echo")
    assert error_of(lam.get_function_event_invoke_config, FunctionName="echo")[0] == "ResourceNotFoundException"


@proves(lambda_="PutFunctionConcurrency GetFunctionConcurrency DeleteFunctionConcurrency GetAccountSettings")
def check_reserved_concurrency():
    """https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html: none reserved turns a function off"""
    whole = lam.get_account_settings()["AccountLimit"]
    assert whole["UnreservedConcurrentExecutions"] == whole["ConcurrentExecutions"], whole
    assert lam.put_function_concurrency(FunctionName="echo", ReservedConcurrentExecutions=0)["ReservedConcurrentExecutions"] == 0
    assert lam.get_function_concurrency(FunctionName="echo")["ReservedConcurrentExecutions"] == 0
    once = boto3.client("lambda", config=boto3.session.Config(retries={"total_max_attempts": 1}))
    assert error_of(once.invoke, FunctionName="echo") == ("TooManyRequestsException", 429)
    lam.delete_function_concurrency(FunctionName="echo")
    assert "ReservedConcurrentExecutions" not in lam.get_function_concurrency(FunctionName="echo")
    assert said(lam.invoke(FunctionName="echo", Payload=b"{}"))["region"] == "us-east-1"


@proves(
    lambda_="GetFunctionCodeSigningConfig GetRuntimeManagementConfig PutRuntimeManagementConfig"
    " ListProvisionedConcurrencyConfigs ListFunctionUrlConfigs ListEventSourceMappings"
)
def check_settings_that_no_function_has():
    assert "CodeSigningConfigArn" not in lam.get_function_code_signing_config(FunctionName="echo")
    assert lam.get_runtime_management_config(FunctionName="echo")["UpdateRuntimeOn"] == "Auto"
    assert lam.put_runtime_management_config(FunctionName="echo", UpdateRuntimeOn="Auto")["UpdateRuntimeOn"] == "Auto"
    assert lam.list_provisioned_concurrency_configs(FunctionName="echo")["ProvisionedConcurrencyConfigs"] == []
    assert lam.list_function_url_configs(FunctionName="echo")["FunctionUrlConfigs"] == []
    assert lam.list_event_source_mappings(FunctionName="echo")["EventSourceMappings"] == []
    assert error_of(lam.get_function_url_config, FunctionName="echo")[0] == "ResourceNotFoundException"


@proves(lambda_="TagResource ListTags UntagResource")
def check_function_tags():
    lam.tag_resource(Resource=ARN, Tags={"team": "a", "tier": "b"})
    assert lam.list_tags(Resource=ARN)["Tags"] == {"team": "a", "tier": "b"}
    lam.untag_resource(Resource=ARN, TagKeys=["tier"])
    assert lam.list_tags(Resource=ARN)["Tags"] == {"team": "a"}


@proves(lambda_="DeleteFunction")
def check_a_deleted_function():
    assert lam.delete_function(FunctionName="echo")["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert error_of(lam.get_function, FunctionName="echo") == ("ResourceNotFoundException", 404)


def check_what_functions_cannot_do_says_so():
    assert error_of(lam.list_layers) == ("NotImplemented", 501)
