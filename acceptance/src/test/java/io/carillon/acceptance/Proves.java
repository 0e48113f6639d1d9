package io.carillon.acceptance;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/// The operations that a test's assertions cover, such as `s3:PutObject`. [ProofRecorder] checks
/// that the test called them.
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
@interface Proves {
  String[] value();
}
