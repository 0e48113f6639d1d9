package io.carillon.examples;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.RequestHandler;
import com.amazonaws.services.lambda.runtime.events.S3Event;
import com.amazonaws.services.lambda.runtime.events.models.s3.S3EventNotification.S3EventNotificationRecord;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.services.sns.SnsClient;

/// Publishes every upload to a topic. The environment variable `TOPIC_ARN` holds the topic's ARN;
/// credentials, region and endpoint come from the function's environment, as on AWS.
public final class UploadNotifier implements RequestHandler<S3Event, String> {
  private final SnsClient sns =
      SnsClient.builder().httpClient(UrlConnectionHttpClient.create()).build();
  private final String topicArn = System.getenv("TOPIC_ARN");

  @Override
  public String handleRequest(S3Event event, Context context) {
    for (S3EventNotificationRecord upload : event.getRecords()) {
      String bucket = upload.getS3().getBucket().getName();
      String key = upload.getS3().getObject().getUrlDecodedKey();
      long bytes = upload.getS3().getObject().getSizeAsLong();
      context.getLogger().log("Uploaded: s3://" + bucket + "/" + key + "\n");
      sns.publish(
          message ->
              message
                  .topicArn(topicArn)
                  .subject("New file in " + bucket)
                  .message(key + " (" + bytes + " bytes) was uploaded to " + bucket + "."));
    }
    return "notified " + event.getRecords().size();
  }
}
