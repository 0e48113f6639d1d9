package io.carillon.lambda.runtime;

import java.io.IOException;

/// A deployment package that is invalid or unsafe to unpack.
public final class BadArchiveException extends IOException {
  private static final long serialVersionUID = 1L;
  private final boolean tooLarge;

  BadArchiveException(String why, boolean tooLarge) {
    super(why);
    this.tooLarge = tooLarge;
  }

  static BadArchiveException broken(String why) {
    return new BadArchiveException(why, false);
  }

  /// Whether it is valid but exceeds Lambda's unpacked size limit.
  public boolean tooLarge() {
    return tooLarge;
  }

  @Override
  public String getMessage() {
    return String.valueOf(super.getMessage());
  }
}
