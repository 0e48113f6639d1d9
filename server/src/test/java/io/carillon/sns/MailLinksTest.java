package io.carillon.sns;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.sns.MailLinks.Confirmed;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class MailLinksTest {
  private static final String TOPIC = "arn:aws:sns:us-east-1:000000000000:t";

  private final LinksInMails mails = new LinksInMails();
  private final List<String> confirmed = new ArrayList<>();
  private final MailLinks mailLinks =
      new MailLinks(
          mails,
          (topic, token) -> {
            if (token.equals("expired")) {
              throw SnsError.invalid("Token");
            }
            confirmed.add(topic + " " + token);
            return topic + ":subscription";
          });

  private List<Confirmed> follow(String url) {
    mails.add("a@example.com", url);
    return mailLinks.follow();
  }

  @Test
  void confirmationLinksAreFollowedOnThisServerWhateverTheirHost() {
    assertThat(
            follow(
                "https://hooks.example/SimpleNotificationService/confirmation.html?TopicArn="
                    + TOPIC.replace(":", "%3A")
                    + "&Token=abc"))
        .containsExactly(new Confirmed("a@example.com", TOPIC + ":subscription"));
    assertThat(confirmed).containsExactly(TOPIC + " abc");
  }

  /// A function can send a mail to the built-in receiver with a request that test/test signs. The
  /// server is no function, so it would be allowed to make the request.
  @Test
  void signedRequestsDisguisedAsConfirmationsAreNotMade() {
    follow(
        "http://x/?Action=CreateUser&UserName=eve&Version=2010-05-08&X-Amz-Signature=0"
            + "&TopicArn="
            + TOPIC
            + "&Token=abc&Action=ConfirmSubscription");
    assertThat(confirmed).containsExactly(TOPIC + " abc");
    assertThat(follow("http://x/?Action=CreateUser&UserName=/confirmation.html?")).isEmpty();
    assertThat(follow("http://x/confirmation.html?TopicArn=%zz&Token=abc")).isEmpty();
    assertThat(confirmed).hasSize(1);
  }

  @Test
  void expiredLinksAreSkippedAndFollowedOnesAreNotFollowedAgain() {
    String page = "http://x/SimpleNotificationService/confirmation.html?TopicArn=" + TOPIC;
    assertThat(follow(page + "&Token=expired")).isEmpty();
    assertThat(follow(page + "&Token=abc")).hasSize(1);
    assertThat(mailLinks.follow()).isEmpty();
    assertThat(confirmed).hasSize(1);
  }

  @Test
  void aLinkThatAnotherNodeFollowsAtTheSameTimeIsReportedOnce() {
    mails.add("a@example.com", "http://x/confirmation.html?TopicArn=" + TOPIC + "&Token=abc");
    List<Confirmed> byTheOther = new ArrayList<>();
    MailLinks.Confirm confirm = (topic, _) -> topic + ":subscription";
    MailLinks other = new MailLinks(mails, confirm);
    MailLinks one =
        new MailLinks(
            mails,
            (topic, token) -> {
              byTheOther.addAll(other.follow());
              return confirm.confirm(topic, token);
            });
    assertThat(one.follow()).isEmpty();
    assertThat(byTheOther).hasSize(1);
  }
}
