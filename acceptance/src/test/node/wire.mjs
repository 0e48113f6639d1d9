// The AWS SDK for JavaScript v3 against a running Carillon: what it sends by default, unchanged.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import dns from "node:dns";
import { Readable } from "node:stream";
import * as S3 from "@aws-sdk/client-s3";
import * as SNS from "@aws-sdk/client-sns";
import * as SQS from "@aws-sdk/client-sqs";
import * as Lambda from "@aws-sdk/client-lambda";
import * as IAM from "@aws-sdk/client-iam";
import * as STS from "@aws-sdk/client-sts";
import * as Logs from "@aws-sdk/client-cloudwatch-logs";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { run, watched } from "./witness.mjs";

// As on most machines, no resolver knows `bucket.localhost`: the printed address must work without.
const lookup = dns.lookup;
dns.lookup = (host, options, done) =>
  /^[0-9.]+$/.test(host)
    ? lookup(host, options, done)
    : (done ?? options)(Object.assign(new Error(`ENOTFOUND ${host}`), { code: "ENOTFOUND" }));

const common = { region: "us-east-1" };
const s3 = watched(new S3.S3Client(common));
const sqs = watched(new SQS.SQSClient(common));
const sns = watched(new SNS.SNSClient(common));
const lambda = watched(new Lambda.LambdaClient(common));
const iam = watched(new IAM.IAMClient(common));
const sts = watched(new STS.STSClient(common));
const logs = watched(new Logs.CloudWatchLogsClient(common));
const Bucket = "javascript";
const account = (await sts.send(new STS.GetCallerIdentityCommand({}))).Account;

const allow = (statement) => JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", ...statement }] });

// A deployment package of one file.
const zipped = (name, text) =>
  execFileSync("python3", [
    "-c",
    "import io, sys, zipfile\nb = io.BytesIO()\nwith zipfile.ZipFile(b, 'w') as z: z.writestr(sys.argv[1], sys.argv[2])\nsys.stdout.buffer.write(b.getvalue())",
    name,
    text,
  ]);

async function until(condition) {
  for (const giveUp = Date.now() + 30_000; Date.now() < giveUp; ) {
    const result = await condition();
    if (result) return result;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("not within 30 s");
}

await run({
  "who one is": {
    proves: ["sts:GetCallerIdentity"],
    async check() {
      const identity = await sts.send(new STS.GetCallerIdentityCommand({}));
      assert.match(identity.Account, /^[0-9]{12}$/);
      assert.equal(identity.Arn, `arn:aws:iam::${account}:root`);
    },
  },
  "a bucket comes and goes": {
    proves: ["s3:CreateBucket", "s3:HeadBucket", "s3:ListBuckets", "s3:DeleteBucket"],
    async check() {
      assert.equal((await s3.send(new S3.CreateBucketCommand({ Bucket }))).Location, `/${Bucket}`);
      await s3.send(new S3.CreateBucketCommand({ Bucket: "javascript-brief" }));
      assert.equal((await s3.send(new S3.HeadBucketCommand({ Bucket: "javascript-brief" }))).BucketRegion, "us-east-1");
      const names = async () => (await s3.send(new S3.ListBucketsCommand({}))).Buckets.map((b) => b.Name);
      assert.deepEqual(await names(), [Bucket, "javascript-brief"]);
      const gone = await s3.send(new S3.DeleteBucketCommand({ Bucket: "javascript-brief" }));
      assert.equal(gone.$metadata.httpStatusCode, 204);
      assert.deepEqual(await names(), [Bucket]);
    },
  },
  "an object with metadata and a strange key": {
    proves: ["s3:PutObject", "s3:GetObject", "s3:ListObjectsV2"],
    async check() {
      const Key = "a b/ü+(1)/%2F?.txt";
      const put = await s3.send(new S3.PutObjectCommand({ Bucket, Key, Body: "hello", Metadata: { colour: "blue" } }));
      assert.equal(put.ETag, '"5d41402abc4b2a76b9719d911017c592"');
      const got = await s3.send(new S3.GetObjectCommand({ Bucket, Key }));
      assert.equal(await got.Body.transformToString(), "hello");
      assert.equal(got.Metadata.colour, "blue");
      assert.deepEqual((await s3.send(new S3.ListObjectsV2Command({ Bucket }))).Contents.map((o) => o.Key), [Key]);
    },
  },
  "a stream of known length": {
    proves: ["s3:HeadObject"],
    async check() {
      const chunks = Array.from({ length: 20 }, (_, i) => Buffer.alloc(10_000, i));
      await s3.send(new S3.PutObjectCommand({ Bucket, Key: "stream", Body: Readable.from(chunks), ContentLength: 200_000 }));
      assert.equal((await s3.send(new S3.HeadObjectCommand({ Bucket, Key: "stream" }))).ContentLength, 200_000);
    },
  },
  "a multipart upload": {
    proves: ["s3:CreateMultipartUpload", "s3:UploadPart", "s3:ListParts", "s3:CompleteMultipartUpload", "s3:AbortMultipartUpload"],
    async check() {
      const { UploadId } = await s3.send(new S3.CreateMultipartUploadCommand({ Bucket, Key: "parts" }));
      const Parts = [];
      for (const [PartNumber, size] of [[1, 5 << 20], [2, 100]]) {
        const { ETag } = await s3.send(
          new S3.UploadPartCommand({ Bucket, Key: "parts", UploadId, PartNumber, Body: Buffer.alloc(size, PartNumber) }),
        );
        Parts.push({ PartNumber, ETag }); // no checksum: the upload named no algorithm, and S3 refuses one then
      }
      const listed = await s3.send(new S3.ListPartsCommand({ Bucket, Key: "parts", UploadId }));
      assert.deepEqual(listed.Parts.map((p) => p.Size), [5 << 20, 100]);
      const done = await s3.send(
        new S3.CompleteMultipartUploadCommand({ Bucket, Key: "parts", UploadId, MultipartUpload: { Parts } }),
      );
      assert.match(done.ETag, /-2"$/);
      const other = await s3.send(new S3.CreateMultipartUploadCommand({ Bucket, Key: "never" }));
      const abort = { Bucket, Key: "never", UploadId: other.UploadId };
      assert.equal((await s3.send(new S3.AbortMultipartUploadCommand(abort))).$metadata.httpStatusCode, 204);
      await assert.rejects(s3.send(new S3.ListPartsCommand(abort)), { name: "NoSuchUpload" });
    },
  },
  "a presigned URL": {
    async check() {
      const url = await getSignedUrl(s3, new S3.GetObjectCommand({ Bucket, Key: "stream" }), { expiresIn: 60 });
      assert.equal((await (await fetch(url)).arrayBuffer()).byteLength, 200_000);
      assert.equal((await fetch(url.replace("stream", "parts"))).status, 403);
    },
  },
  "errors by name": {
    async check() {
      await assert.rejects(s3.send(new S3.GetObjectCommand({ Bucket, Key: "missing" })), { name: "NoSuchKey" });
      await assert.rejects(s3.send(new S3.GetObjectCommand({ Bucket: "nowhere-at-all", Key: "k" })), { name: "NoSuchBucket" });
      const QueueUrl = `${process.env.AWS_ENDPOINT_URL}/${account}/nowhere`;
      await assert.rejects(sqs.send(new SQS.ReceiveMessageCommand({ QueueUrl })), { name: "QueueDoesNotExist" });
      await assert.rejects(lambda.send(new Lambda.GetFunctionCommand({ FunctionName: "none" })), {
        name: "ResourceNotFoundException",
      });
      await assert.rejects(iam.send(new IAM.GetRoleCommand({ RoleName: "none" })), { name: "NoSuchEntityException" });
    },
  },
  "a queue": {
    proves: ["sqs:CreateQueue", "sqs:GetQueueUrl", "sqs:GetQueueAttributes", "sqs:SendMessage", "sqs:ReceiveMessage", "sqs:DeleteMessage"],
    async check() {
      const { QueueUrl } = await sqs.send(new SQS.CreateQueueCommand({ QueueName: "javascript" }));
      assert.equal((await sqs.send(new SQS.GetQueueUrlCommand({ QueueName: "javascript" }))).QueueUrl, QueueUrl);
      const MessageAttributes = { n: { DataType: "Number", StringValue: "1" } };
      const sent = await sqs.send(new SQS.SendMessageCommand({ QueueUrl, MessageBody: "direct", MessageAttributes }));
      const receive = { QueueUrl, WaitTimeSeconds: 20, MessageAttributeNames: ["All"] };
      const [message] = (await sqs.send(new SQS.ReceiveMessageCommand(receive))).Messages;
      assert.equal(message.MessageId, sent.MessageId);
      assert.equal(message.Body, "direct");
      assert.equal(message.MessageAttributes.n.StringValue, "1");
      await sqs.send(new SQS.DeleteMessageCommand({ QueueUrl, ReceiptHandle: message.ReceiptHandle }));
      const { Attributes } = await sqs.send(new SQS.GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["All"] }));
      assert.equal(Attributes.ApproximateNumberOfMessagesNotVisible, "0");
    },
  },
  "an upload reaches a queue by a topic": {
    proves: [
      "sns:CreateTopic",
      "sns:SetTopicAttributes",
      "sns:Subscribe",
      "sns:Publish",
      "s3:PutBucketNotificationConfiguration",
      "s3:GetBucketNotificationConfiguration",
      "sqs:SetQueueAttributes",
    ],
    async check() {
      const QueueUrl = (await sqs.send(new SQS.GetQueueUrlCommand({ QueueName: "javascript" }))).QueueUrl;
      const Endpoint = `arn:aws:sqs:us-east-1:${account}:javascript`;
      const { TopicArn } = await sns.send(new SNS.CreateTopicCommand({ Name: "javascript" }));
      const TopicConfigurations = [{ Id: "t", TopicArn, Events: ["s3:ObjectCreated:*"] }];
      const put = () =>
        s3.send(new S3.PutBucketNotificationConfigurationCommand({ Bucket, NotificationConfiguration: { TopicConfigurations } }));
      await assert.rejects(put(), { name: "InvalidArgument" }); // the topic does not allow S3
      let policy = allow({ Principal: { Service: "s3.amazonaws.com" }, Action: "sns:Publish", Resource: TopicArn });
      await sns.send(new SNS.SetTopicAttributesCommand({ TopicArn, AttributeName: "Policy", AttributeValue: policy }));
      policy = allow({ Principal: { Service: "sns.amazonaws.com" }, Action: "sqs:SendMessage", Resource: Endpoint });
      await sqs.send(new SQS.SetQueueAttributesCommand({ QueueUrl, Attributes: { Policy: policy } }));
      await put();
      const stored = await s3.send(new S3.GetBucketNotificationConfigurationCommand({ Bucket }));
      assert.deepEqual(stored.TopicConfigurations, TopicConfigurations);
      const subscribe = { TopicArn, Protocol: "sqs", Endpoint, Attributes: { RawMessageDelivery: "true" } };
      assert.match((await sns.send(new SNS.SubscribeCommand(subscribe))).SubscriptionArn, /:javascript:/);
      const receive = async () => {
        const [message] = (await sqs.send(new SQS.ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20 }))).Messages;
        await sqs.send(new SQS.DeleteMessageCommand({ QueueUrl, ReceiptHandle: message.ReceiptHandle }));
        return message.Body;
      };
      assert.match((await sns.send(new SNS.PublishCommand({ TopicArn, Message: "hello" }))).MessageId, /^[0-9a-f-]{36}$/);
      assert.equal(await receive(), "hello");
      await s3.send(new S3.PutObjectCommand({ Bucket, Key: "event", Body: "x" }));
      assert.equal(JSON.parse(await receive()).Records[0].s3.object.key, "event");
    },
  },
  "a function runs and logs": {
    proves: [
      "iam:CreateRole",
      "iam:GetRole",
      "lambda:CreateFunction",
      "lambda:GetFunctionConfiguration",
      "lambda:Invoke",
      "lambda:ListFunctions",
      "lambda:DeleteFunction",
      "logs:FilterLogEvents",
    ],
    async check() {
      const trust = allow({ Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" });
      await iam.send(new IAM.CreateRoleCommand({ RoleName: "javascript", AssumeRolePolicyDocument: trust }));
      const Role = (await iam.send(new IAM.GetRoleCommand({ RoleName: "javascript" }))).Role.Arn;
      assert.equal(Role, `arn:aws:iam::${account}:role/javascript`);
      const ZipFile = zipped("index.mjs", "export const handler = async (event) => { console.log('hi'); return { got: event }; };");
      const create = { FunctionName: "javascript", Runtime: "nodejs20.x", Handler: "index.handler", Role, Code: { ZipFile } };
      assert.equal((await lambda.send(new Lambda.CreateFunctionCommand(create))).State, "Pending");
      const function_ = { FunctionName: "javascript" };
      const state = async () => (await lambda.send(new Lambda.GetFunctionConfigurationCommand(function_))).State;
      await until(async () => (await state()) === "Active");
      const answer = await lambda.send(new Lambda.InvokeCommand({ ...function_, Payload: '{"a": "ü"}', LogType: "Tail" }));
      assert.deepEqual(JSON.parse(answer.Payload.transformToString()), { got: { a: "ü" } });
      assert.match(Buffer.from(answer.LogResult, "base64").toString(), /hi\n[^]*REPORT RequestId/);
      assert.deepEqual((await lambda.send(new Lambda.ListFunctionsCommand({}))).Functions.map((f) => f.FunctionName), ["javascript"]);
      const filter = { logGroupName: "/aws/lambda/javascript", filterPattern: "hi" };
      await until(async () => (await logs.send(new Logs.FilterLogEventsCommand(filter))).events.length === 1);
      assert.equal((await lambda.send(new Lambda.DeleteFunctionCommand(function_))).$metadata.httpStatusCode, 204);
      assert.deepEqual((await lambda.send(new Lambda.ListFunctionsCommand({}))).Functions, []);
    },
  },
  "a role is assumed": {
    proves: ["iam:CreateUser", "iam:PutUserPolicy", "iam:CreateAccessKey", "iam:AttachRolePolicy", "sts:AssumeRole"],
    async check() {
      const RoleArn = `arn:aws:iam::${account}:role/javascript-assumed`;
      const trust = allow({ Principal: { AWS: account }, Action: "sts:AssumeRole" });
      await iam.send(new IAM.CreateRoleCommand({ RoleName: "javascript-assumed", AssumeRolePolicyDocument: trust }));
      const PolicyArn = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess";
      await iam.send(new IAM.AttachRolePolicyCommand({ RoleName: "javascript-assumed", PolicyArn }));
      const { User } = await iam.send(new IAM.CreateUserCommand({ UserName: "javascript" }));
      assert.equal(User.Arn, `arn:aws:iam::${account}:user/javascript`);
      const PolicyDocument = allow({ Action: "sts:AssumeRole", Resource: RoleArn });
      await iam.send(new IAM.PutUserPolicyCommand({ UserName: "javascript", PolicyName: "p", PolicyDocument }));
      const { AccessKey } = await iam.send(new IAM.CreateAccessKeyCommand({ UserName: "javascript" }));
      const credentials = { accessKeyId: AccessKey.AccessKeyId, secretAccessKey: AccessKey.SecretAccessKey };
      const assumer = watched(new STS.STSClient({ ...common, credentials }));
      const { Credentials } = await assumer.send(new STS.AssumeRoleCommand({ RoleArn, RoleSessionName: "js" }));
      const session = {
        accessKeyId: Credentials.AccessKeyId,
        secretAccessKey: Credentials.SecretAccessKey,
        sessionToken: Credentials.SessionToken,
      };
      const theirs = new S3.S3Client({ ...common, credentials: session });
      assert.ok((await theirs.send(new S3.ListObjectsV2Command({ Bucket }))).KeyCount > 0);
      await assert.rejects(theirs.send(new S3.PutObjectCommand({ Bucket, Key: "no", Body: "" })), { name: "AccessDenied" });
    },
  },
  "objects copied, and many deleted at once": {
    proves: ["s3:CopyObject", "s3:DeleteObjects", "s3:DeleteObject"],
    async check() {
      const copied = await s3.send(new S3.CopyObjectCommand({ Bucket, Key: "copy", CopySource: `${Bucket}/event` }));
      assert.equal(copied.CopyObjectResult.ETag, '"9dd4e461268c8034f5c8564e155c67a6"');
      assert.equal((await s3.send(new S3.DeleteObjectCommand({ Bucket, Key: "copy" }))).$metadata.httpStatusCode, 204);
      const gone = await s3.send(new S3.DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key: "stream" }, { Key: "parts" }] } }));
      assert.deepEqual(gone.Deleted.map((d) => d.Key).sort(), ["parts", "stream"]);
      await assert.rejects(s3.send(new S3.GetObjectCommand({ Bucket, Key: "copy" })), { name: "NoSuchKey" });
    },
  },
});
