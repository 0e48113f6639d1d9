package io.carillon.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import org.junit.jupiter.api.Test;

class MailLinksTest {
  private static final String PAGE =
      "http://127.0.0.1:4566/SimpleNotificationService/confirmation.html"
          + "?TopicArn=arn:aws:sns:us-east-1:000000000000:t&Token=abc";

  @Test
  void confirmationLinksAreFollowedOnThisServerWhateverTheirHost() {
    String link =
        "https://hooks.example/SimpleNotificationService/confirmation.html"
            + "?TopicArn=arn:aws:sns:us-east-1:000000000000:t&Token=abc";
    assertThat(MailLinks.localPage(link, 4566)).contains(URI.create(PAGE));
  }

  /// A function can send a mail to the built-in receiver with a request that test/test signs. The
  /// server is no function, so it would be allowed to make the request.
  @Test
  void signedRequestsDisguisedAsConfirmationsAreNotMade() {
    String forged =
        "http://x/?Action=CreateUser&UserName=eve&Version=2010-05-08&X-Amz-Signature=0"
            + "&TopicArn=arn:aws:sns:us-east-1:000000000000:t&Token=abc&Action=ConfirmSubscription";
    assertThat(MailLinks.localPage(forged, 4566)).contains(URI.create(PAGE));
    assertThat(
            MailLinks.localPage("http://x/?Action=CreateUser&UserName=/confirmation.html?", 4566))
        .isEmpty();
  }
}
