package io.carillon;

import io.carillon.console.AdminDoor;
import java.util.List;

/// What lies under `/_carillon/`.
final class OwnDoor {
  private OwnDoor() {}

  static AdminDoor of(AdminDoor.Guard guard, Insight insight, List<String> services) {
    return new AdminDoor(guard, services)
        .on("GET mail", insight::mail)
        .on("POST mail/confirm", insight::confirmMail)
        .on("DELETE mail", insight::deleteMail)
        .on("GET sms", insight::messages)
        .on("GET trace", insight::trace)
        .on("GET trace/silence", insight::silence)
        .on("GET shelf", insight::shelf)
        .on("GET lanes", insight::lanes)
        .on("GET accounts", insight::accounts)
        .on("POST accounts", insight::createAccount)
        .on("GET inspect", insight::inspect)
        .on("POST verify", insight::verify)
        .on("GET doctor", insight::doctor)
        .on("GET metrics", insight::metrics);
  }
}
