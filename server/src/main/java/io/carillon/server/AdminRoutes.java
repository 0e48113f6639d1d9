package io.carillon.server;

import io.carillon.admin.AdminRouter;
import io.carillon.kernel.Service;
import java.util.List;

/// The routes under `/_carillon/`: the server's, and those of its services.
final class AdminRoutes {
  private AdminRoutes() {}

  static AdminRouter of(
      AdminRouter.AccessCheck guard,
      AdminApi adminApi,
      AdminEvents events,
      List<Service> services) {
    AdminRouter router =
        new AdminRouter(guard, services.stream().map(service -> service.spec().name()).toList())
            .on("GET trace", events::trace)
            .on("GET dead-letters", events::deadLetters)
            .on("GET lanes", events::lanes)
            .on("GET inspect", adminApi::inspect)
            .on("POST verify", adminApi::verify)
            .on("GET doctor", adminApi::doctor)
            .on("GET metrics", adminApi::metrics);
    services.forEach(service -> service.adminViews().routes().forEach(router::on));
    return router;
  }
}
