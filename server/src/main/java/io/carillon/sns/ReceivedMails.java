package io.carillon.sns;

import java.util.List;

/// The mails of the built-in receiver, as the admin API shows them.
public interface ReceivedMails {
  /// A link in a mail that confirms a subscription.
  ///
  /// @param mail the id of the mail
  /// @param address who received it
  record ConfirmationLink(long mail, String address, String url) {}

  /// All mails, oldest first, as records.
  List<?> list();

  /// Returns whether the mail existed.
  boolean delete(long id);

  /// The links that were not followed yet.
  List<ConfirmationLink> confirmationLinks();

  /// Records that a link was followed. False if another node has recorded it, or the mail is gone.
  boolean markFollowed(ConfirmationLink link);
}
