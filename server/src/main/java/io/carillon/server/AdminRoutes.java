package io.carillon.server;

import io.carillon.admin.AdminRouter;
import java.util.List;

/// The routes under `/_carillon/`.
final class AdminRoutes {
  private AdminRoutes() {}

  static AdminRouter of(
      AdminRouter.Guard guard, AdminApi adminApi, AdminEvents events, List<String> services) {
    return new AdminRouter(guard, services)
        .on("GET mail", adminApi::mail)
        .on("POST mail/confirm", adminApi::confirmMail)
        .on("DELETE mail", adminApi::deleteMail)
        .on("GET sms", adminApi::messages)
        .on("GET trace", events::trace)
        .on("GET trace/diagnosis", events::diagnosis)
        .on("GET dead-letters", events::deadLetters)
        .on("GET lanes", events::lanes)
        .on("GET accounts", adminApi::accounts)
        .on("POST accounts", adminApi::createAccount)
        .on("GET inspect", adminApi::inspect)
        .on("POST verify", adminApi::verify)
        .on("GET doctor", adminApi::doctor)
        .on("GET metrics", adminApi::metrics);
  }
}
