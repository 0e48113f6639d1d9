// The AWS SDK for JavaScript v3 against a running Carillon: what it sends by default, unchanged.
import assert from "node:assert/strict";
import { Readable } from "node:stream";
import {
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutBucketNotificationConfigurationCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { CreateTopicCommand, PublishCommand, SNSClient, SubscribeCommand } from "@aws-sdk/client-sns";
import { CreateQueueCommand, DeleteMessageCommand, ReceiveMessageCommand, SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { ListFunctionsCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";

const common = { region: "us-east-1" };
const s3 = new S3Client({ ...common, forcePathStyle: true });
const sqs = new SQSClient(common);
const sns = new SNSClient(common);
const Bucket = "javascript";
let account;

const checks = {
  async "who one is"() {
    account = (await new STSClient(common).send(new GetCallerIdentityCommand({}))).Account;
    assert.match(account, /^[0-9]{12}$/);
  },
  async "an object with metadata and a strange key"() {
    await s3.send(new CreateBucketCommand({ Bucket }));
    const Key = "a b/ü+(1)/%2F?.txt";
    await s3.send(new PutObjectCommand({ Bucket, Key, Body: "hello", Metadata: { colour: "blue" } }));
    const got = await s3.send(new GetObjectCommand({ Bucket, Key }));
    assert.equal(await got.Body.transformToString(), "hello");
    assert.equal(got.Metadata.colour, "blue");
    assert.deepEqual((await s3.send(new ListObjectsV2Command({ Bucket }))).Contents.map((o) => o.Key), [Key]);
  },
  async "a stream of known length"() {
    const chunks = Array.from({ length: 20 }, (_, i) => Buffer.alloc(10_000, i));
    await s3.send(new PutObjectCommand({ Bucket, Key: "stream", Body: Readable.from(chunks), ContentLength: 200_000 }));
    assert.equal((await s3.send(new HeadObjectCommand({ Bucket, Key: "stream" }))).ContentLength, 200_000);
  },
  async "a multipart upload"() {
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key: "parts" }));
    const Parts = [];
    for (const [PartNumber, size] of [[1, 5 << 20], [2, 100]]) {
      const { ETag, ChecksumCRC32 } = await s3.send(
        new UploadPartCommand({ Bucket, Key: "parts", UploadId, PartNumber, Body: Buffer.alloc(size, PartNumber) }),
      );
      Parts.push({ PartNumber, ETag, ChecksumCRC32 });
    }
    const done = await s3.send(new CompleteMultipartUploadCommand({ Bucket, Key: "parts", UploadId, MultipartUpload: { Parts } }));
    assert.match(done.ETag, /-2"$/);
  },
  async "a presigned URL"() {
    const url = await getSignedUrl(s3, new GetObjectCommand({ Bucket, Key: "stream" }), { expiresIn: 60 });
    assert.equal((await (await fetch(url)).arrayBuffer()).byteLength, 200_000);
    assert.equal((await fetch(url.replace("stream", "parts"))).status, 403);
  },
  async "errors by name"() {
    await assert.rejects(s3.send(new GetObjectCommand({ Bucket, Key: "missing" })), { name: "NoSuchKey" });
    await assert.rejects(s3.send(new GetObjectCommand({ Bucket: "nowhere-at-all", Key: "k" })), { name: "NoSuchBucket" });
    await assert.rejects(sqs.send(new ReceiveMessageCommand({ QueueUrl: `${process.env.AWS_ENDPOINT_URL}/${account}/nowhere` })), {
      name: "QueueDoesNotExist",
    });
  },
  async "a queue, and a topic that feeds it"() {
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: "javascript" }));
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "direct", MessageAttributes: { n: { DataType: "Number", StringValue: "1" } } }));
    const [message] = (await sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 5, MessageAttributeNames: ["All"] }))).Messages;
    assert.equal(message.Body, "direct");
    assert.equal(message.MessageAttributes.n.StringValue, "1");
    await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: message.ReceiptHandle }));
    const { TopicArn } = await sns.send(new CreateTopicCommand({ Name: "javascript" }));
    await sns.send(new SubscribeCommand({ TopicArn, Protocol: "sms", Endpoint: "+15555550101" }));
    assert.match((await sns.send(new PublishCommand({ TopicArn, Message: "hello" }))).MessageId, /^[0-9a-f-]{36}$/);
  },
  async "a notification to a destination that does not let S3 in is refused"() {
    await assert.rejects(
      s3.send(
        new PutBucketNotificationConfigurationCommand({
          Bucket,
          NotificationConfiguration: {
            QueueConfigurations: [{ QueueArn: `arn:aws:sqs:us-east-1:${account}:javascript`, Events: ["s3:ObjectCreated:*"] }],
          },
        }),
      ),
      { name: "InvalidArgument" },
    );
  },
  async "functions are listed"() {
    assert.deepEqual((await new LambdaClient(common).send(new ListFunctionsCommand({}))).Functions, []);
  },
  async "many objects deleted at once"() {
    const gone = await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key: "stream" }, { Key: "parts" }] } }));
    assert.equal(gone.Deleted.length, 2);
  },
};

let failed = 0;
for (const [name, check] of Object.entries(checks)) {
  try {
    await check();
    console.log(`ok ${name}`);
  } catch (error) {
    failed++;
    console.log(`FAILED ${name}: ${error.stack ?? error}`);
  }
}
process.exit(failed ? 1 : 0);
