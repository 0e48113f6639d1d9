package io.carillon.sns;

import java.util.List;

/// The mails of the built-in receiver, as the admin API shows them.
public interface ReceivedMails {
  /// A link in a mail that confirms a subscription.
  ///
  /// @param address who received it
  record ConfirmationLink(String address, String url) {}

  /// All mails, oldest first, as records.
  List<?> list();

  /// Returns whether the mail existed.
  boolean delete(long id);

  List<ConfirmationLink> confirmationLinks();
}
