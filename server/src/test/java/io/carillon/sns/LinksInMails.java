package io.carillon.sns;

import java.util.ArrayList;
import java.util.List;

/// A mailbox of which only the links matter.
final class LinksInMails implements ReceivedMails {
  private final List<ConfirmationLink> links = new ArrayList<>();

  void add(String address, String url) {
    links.add(new ConfirmationLink(links.size(), address, url));
  }

  @Override
  public List<?> list() {
    return List.of();
  }

  @Override
  public boolean delete(long id) {
    return false;
  }

  @Override
  public List<ConfirmationLink> confirmationLinks() {
    return List.copyOf(links);
  }

  @Override
  public boolean markFollowed(ConfirmationLink link) {
    return links.remove(link);
  }
}
