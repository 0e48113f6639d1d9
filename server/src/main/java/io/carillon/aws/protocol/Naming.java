package io.carillon.aws.protocol;

import software.amazon.awssdk.core.SdkField;

/// Spells members where a protocol's names are not those of the model.
@FunctionalInterface
interface Naming {
  Naming AS_MODELLED = (_, member) -> member;

  Member rename(SdkField<?> field, Member member);
}
