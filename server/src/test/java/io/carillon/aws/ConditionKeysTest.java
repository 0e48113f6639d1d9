package io.carillon.aws;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class ConditionKeysTest {
  private static ServiceSpec spec(ConditionKeys keys) {
    return ServiceSpec.of("toy", 1, ConditionKeysTest.class).with(keys);
  }

  @Test
  void aServiceCannotBringTheKeyOfAnother() {
    assertThatThrownBy(() -> spec(ConditionKeys.NONE.with("s3:Colour", (_, _) -> "red")))
        .hasMessage("The condition key s3:colour is not one of toy:");
    assertThatThrownBy(() -> spec(ConditionKeys.NONE.withResourceTags("iam:ResourceTag/")))
        .hasMessage("The condition key iam:resourcetag/ is not one of toy:");
  }

  @Test
  void aKeyIsDeclaredOnce() {
    ConditionKeys keys = ConditionKeys.NONE.with("toy:Colour", (_, _) -> "red");
    assertThatThrownBy(() -> keys.with("toy:colour", (_, _) -> "blue"))
        .hasMessage("Two condition keys named toy:colour");
  }
}
