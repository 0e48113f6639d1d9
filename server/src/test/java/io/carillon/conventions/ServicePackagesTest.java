package io.carillon.conventions;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import io.carillon.sns.SnsService;
import io.carillon.toy.ImportsAnotherService;
import io.carillon.toy.ToyService;
import org.junit.jupiter.api.Test;

/// The rules of [PackageDependenciesTest] find new services, and packages that break them.
class ServicePackagesTest {
  /// Not a service: to the rules it is a shared class.
  interface NamesAService {
    ToyService service();
  }

  @Test
  void aPackageWithAServiceIsTheServices() {
    JavaClasses classes = new ClassFileImporter().importClasses(ToyService.class, SnsService.class);
    assertThat(new ServicePackages(classes).names())
        .containsExactly("io.carillon.sns", "io.carillon.toy");
  }

  @Test
  void aServiceThatImportsAnotherIsFound() {
    JavaClasses classes =
        new ClassFileImporter()
            .importClasses(ToyService.class, SnsService.class, ImportsAnotherService.class);
    ServicePackages services = new ServicePackages(classes);
    assertThatThrownBy(() -> services.doNotImportOneAnother().check(classes))
        .hasMessageContaining("SnsService");
  }

  @Test
  void aSharedClassThatNamesAServiceIsFound() {
    JavaClasses classes =
        new ClassFileImporter().importClasses(ToyService.class, NamesAService.class);
    ServicePackages services = new ServicePackages(classes);
    assertThatThrownBy(() -> services.areUnknownToSharedPackages().check(classes))
        .hasMessageContaining("NamesAService");
  }
}
