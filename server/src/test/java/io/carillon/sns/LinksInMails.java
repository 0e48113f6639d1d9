package io.carillon.sns;

import java.util.List;

/// A mailbox of which only the links matter.
record LinksInMails(List<ConfirmationLink> confirmationLinks) implements ReceivedMails {
  @Override
  public List<?> list() {
    return List.of();
  }

  @Override
  public boolean delete(long id) {
    return false;
  }
}
