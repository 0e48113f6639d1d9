#!/usr/bin/env bash
# Provisions upload → function → topic → e-mail with nothing but the AWS CLI, then uploads a file.
# The same script runs against AWS: set credentials and region there; here set AWS_ENDPOINT_URL as well.
#
#   AWS_ENDPOINT_URL=http://127.0.0.1:4566 AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test \
#   AWS_DEFAULT_REGION=us-east-1 ./pipeline.sh you@example.com
#
# Confirm the subscription with the link in the mail (here: ./carillon mail confirm), then upload again.
# `pipeline.sh --delete SUFFIX` deletes everything again.
set -euo pipefail

usage="usage: pipeline.sh EMAIL [SUFFIX], or pipeline.sh --delete SUFFIX"
what=${1:?$usage}
if [ "$what" = --delete ]; then
  suffix=${2:?$usage}
else
  email=$what
  suffix=${2:-$RANDOM$RANDOM}
fi
here=$(cd "$(dirname "$0")" && pwd)
bucket=uploads-$suffix
role=s3-lambda-sns-$suffix
function=s3-lambda-function-$suffix
topic=s3-lambda-sns-$suffix
region=${AWS_DEFAULT_REGION:-us-east-1}
policies=(arn:aws:iam::aws:policy/AWSLambda_FullAccess arn:aws:iam::aws:policy/AmazonSNSFullAccess)

account=$(aws sts get-caller-identity --query Account --output text)
echo "account $account, region $region"

if [ "$what" = --delete ]; then
  echo "deleting bucket $bucket with its objects, function with its log, topic and role"
  left=0
  # Resources that an interrupted run did not create must not keep the others from being deleted.
  take_away() { "$@" >/dev/null || left=1; }
  take_away aws s3 rb "s3://$bucket" --force
  take_away aws lambda delete-function --function-name "$function"
  take_away aws logs delete-log-group --log-group-name "/aws/lambda/$function"
  take_away aws sns delete-topic --topic-arn "arn:aws:sns:$region:$account:$topic"
  for policy in "${policies[@]}"; do
    take_away aws iam detach-role-policy --role-name "$role" --policy-arn "$policy"
  done
  take_away aws iam delete-role --role-name "$role"
  [ "$left" = 0 ] || { echo "deleted, except for what the errors name" >&2; exit 1; }
  echo "deleted"
  exit
fi

echo "creating role $role"
# One role that Lambda, S3 and SNS may assume.
role_arn=$(aws iam create-role --role-name "$role" --query Role.Arn --output text --assume-role-policy-document '{
  "Version": "2012-10-17",
  "Statement": [{
    "Effect": "Allow",
    "Principal": {"Service": ["lambda.amazonaws.com", "s3.amazonaws.com", "sns.amazonaws.com"]},
    "Action": "sts:AssumeRole"
  }]
}')
for policy in "${policies[@]}"; do
  aws iam attach-role-policy --role-name "$role" --policy-arn "$policy"
done

echo "creating bucket $bucket"
location=()
[ "$region" = us-east-1 ] || location=(--create-bucket-configuration "LocationConstraint=$region")
aws s3api create-bucket --bucket "$bucket" ${location[@]+"${location[@]}"} >/dev/null
echo "a file that was there before the trigger" | aws s3 cp - "s3://$bucket/before.txt"

echo "creating topic $topic"
topic_arn=$(aws sns create-topic --name "$topic" --query TopicArn --output text)

echo "creating function $function, and waiting until it is active"
zip=$(mktemp -d)/function.zip
(cd "$here/../python" && python3 -c '
import sys, zipfile
with zipfile.ZipFile(sys.argv[1], "w") as z:
    z.write("s3-lambda-function/s3-lambda-function.py")' "$zip")
function_arn=$(aws lambda create-function --function-name "$function" --runtime python3.8 \
  --handler "s3-lambda-function/s3-lambda-function.lambda_handler" --memory-size 128 --timeout 30 \
  --role "$role_arn" --zip-file "fileb://$zip" --environment "Variables={TOPIC_ARN=$topic_arn}" \
  --query FunctionArn --output text)
aws lambda wait function-active-v2 --function-name "$function"

echo "allowing the bucket to invoke the function, and setting its trigger"
aws lambda add-permission --function-name "$function" --statement-id s3-trigger --action lambda:InvokeFunction \
  --principal s3.amazonaws.com --source-arn "arn:aws:s3:::$bucket" --source-account "$account" >/dev/null
aws s3api put-bucket-notification-configuration --bucket "$bucket" --notification-configuration '{
  "LambdaFunctionConfigurations": [{"LambdaFunctionArn": "'"$function_arn"'", "Events": ["s3:ObjectCreated:*"]}]
}'

echo "subscribing $email"
aws sns subscribe --topic-arn "$topic_arn" --protocol email --notification-endpoint "$email" --output text
aws sns publish --topic-arn "$topic_arn" --subject "A new topic" --message "Nobody hears this before confirming." >/dev/null

echo "uploading hello.txt"
echo "hello" | aws s3 cp - "s3://$bucket/hello.txt"
echo "bucket=$bucket function=$function topic=$topic_arn"
echo "take it away again: pipeline.sh --delete $suffix"
