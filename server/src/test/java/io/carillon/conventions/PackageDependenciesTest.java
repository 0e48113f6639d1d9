package io.carillon.conventions;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.syntax.ArchRuleDefinition;
import com.tngtech.archunit.library.dependencies.SlicesRuleDefinition;
import io.carillon.Main;
import org.junit.jupiter.api.Tag;

/// Dependencies between packages point in one direction.
@Tag("slow")
@AnalyzeClasses(packages = "io.carillon", importOptions = ImportOption.DoNotIncludeTests.class)
class PackageDependenciesTest {
  /// A new package is asked as soon as it exists.
  @ArchTest
  static final ArchRule noPackagesDependOnEachOtherInACircle =
      SlicesRuleDefinition.slices().matching("io.carillon.(**)").should().beFreeOfCycles();

  @ArchTest
  static final ArchRule nothingDependsOnTheProgram =
      ArchRuleDefinition.noClasses()
          .that()
          .doNotBelongToAnyOf(Main.class)
          .should()
          .dependOnClassesThat()
          .belongToAnyOf(Main.class);

  @ArchTest
  static void servicesDoNotImportOneAnother(JavaClasses classes) {
    new ServicePackages(classes).doNotImportOneAnother().check(classes);
  }

  @ArchTest
  static void sharedPackagesDependOnNoService(JavaClasses classes) {
    new ServicePackages(classes).areUnknownToSharedPackages().check(classes);
  }

  @ArchTest
  static final ArchRule baseDependsOnTheJdkOnly =
      classes()
          .that()
          .resideInAPackage("io.carillon.base..")
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage("java..", "io.carillon.base..", "org.jspecify..");

  @ArchTest
  static final ArchRule thePolicyEngineIsPure =
      noClasses()
          .that()
          .resideInAPackage("io.carillon.policy..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "io.carillon.store..",
              "io.carillon.http..",
              "io.carillon.aws..",
              "java.nio.file..",
              "java.net.http..");

  @ArchTest
  static final ArchRule onlyHttpDependsOnNetty =
      noClasses()
          .that()
          .resideOutsideOfPackage("io.carillon.http..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("io.netty..");

  @ArchTest
  static final ArchRule onlyTheStoreDependsOnAnEngine =
      noClasses()
          .that()
          .resideOutsideOfPackage("io.carillon.store..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("org.rocksdb..", "java.sql..", "org.postgresql..");

  @ArchTest
  static final ArchRule onlyNamedPackagesAccessFiles =
      noClasses()
          .that()
          .resideOutsideOfPackages(
              "io.carillon.store..",
              "io.carillon.keys..",
              "io.carillon.lambda.runtime..",
              "io.carillon.cli..",
              "io.carillon.server..")
          .should()
          .dependOnClassesThat()
          .haveFullyQualifiedName("java.nio.file.Files");

  @ArchTest
  static final ArchRule onlyTheLambdaRuntimeStartsProcesses =
      noClasses()
          .that()
          .resideOutsideOfPackage("io.carillon.lambda.runtime..")
          .should()
          .dependOnClassesThat()
          .haveFullyQualifiedName("java.lang.ProcessBuilder");
}
