package io.carillon.aws.protocol;

import software.amazon.awssdk.core.SdkField;

/// Maps member names where a protocol's names differ from the model's.
@FunctionalInterface
interface Naming {
  Naming AS_MODELLED = (_, member) -> member;

  Member rename(SdkField<?> field, Member member);
}
