package io.carillon;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import org.junit.jupiter.api.Test;

class MailLinksTest {
  private static final String PAGE =
      "http://127.0.0.1:4566/SimpleNotificationService/confirmation.html"
          + "?TopicArn=arn:aws:sns:us-east-1:000000000000:t&Token=abc";

  @Test
  void aConfirmationLinkIsFollowedHereWhateverHostItNames() {
    String link =
        "https://hooks.example/SimpleNotificationService/confirmation.html"
            + "?TopicArn=arn:aws:sns:us-east-1:000000000000:t&Token=abc";
    assertThat(MailLinks.here(link, 4566)).contains(URI.create(PAGE));
  }

  /// A function can send a mail to the built-in receiver, and sign a request with test/test; the
  /// server, which is no function, would have made it.
  @Test
  void aSignedRequestThatLooksLikeAConfirmationIsNotMade() {
    String forged =
        "http://x/?Action=CreateUser&UserName=eve&Version=2010-05-08&X-Amz-Signature=0"
            + "&TopicArn=arn:aws:sns:us-east-1:000000000000:t&Token=abc&Action=ConfirmSubscription";
    assertThat(MailLinks.here(forged, 4566)).contains(URI.create(PAGE));
    assertThat(MailLinks.here("http://x/?Action=CreateUser&UserName=/confirmation.html?", 4566))
        .isEmpty();
  }
}
