package io.carillon.conventions;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import com.tngtech.archunit.library.dependencies.SlicesRuleDefinition;
import io.carillon.kernel.Service;
import java.util.Set;
import java.util.TreeSet;

/// The packages of services: those with a class that implements [Service], and what lies below.
final class ServicePackages implements SliceAssignment {
  private final Set<String> names = new TreeSet<>();

  ServicePackages(JavaClasses classes) {
    for (JavaClass type : classes) {
      if (type.isAssignableTo(Service.class) && !type.isInterface()) {
        names.add(type.getPackageName());
      }
    }
  }

  Set<String> names() {
    return names;
  }

  @Override
  public SliceIdentifier getIdentifierOf(JavaClass type) {
    return names.stream()
        .filter(name -> (type.getPackageName() + ".").startsWith(name + "."))
        .findFirst()
        .map(SliceIdentifier::of)
        .orElseGet(SliceIdentifier::ignore);
  }

  @Override
  public String getDescription() {
    return "services";
  }

  ArchRule doNotImportOneAnother() {
    return SlicesRuleDefinition.slices().assignedFrom(this).should().notDependOnEachOther();
  }

  /// Only the server, which mounts them, and the command line depend on services.
  ArchRule areUnknownToSharedPackages() {
    String[] services = names.stream().map(name -> name + "..").toArray(String[]::new);
    return noClasses()
        .that()
        .resideOutsideOfPackages(services)
        .and()
        .resideOutsideOfPackages("io.carillon.server..", "io.carillon.cli..", "io.carillon")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(services);
  }
}
