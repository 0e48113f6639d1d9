package io.carillon.aws;

/// What some services have and most do not, for the request pipeline to ask.
public enum ServiceTrait {
  /// Its resource policies can allow anonymous requests.
  ANONYMOUS_REQUESTS,

  /// The host of a request can name a resource, as in `photos.localhost`.
  VIRTUAL_HOSTS,

  /// It gets the unsigned requests with an `Action` for which neither host, version nor path names
  /// a service.
  DEFAULT_FOR_ACTIONS,

  /// It gets all other requests for which nothing names a service.
  DEFAULT_FOR_REQUESTS,

  /// Its responses carry a second id, `x-amz-id-2`.
  HOST_IDS,

  /// The signature covers the path as sent. Others remove dot segments and doubled slashes from it,
  /// and encode it twice.
  SIGNED_PATH_AS_SENT,

  /// The signature covers `x-amz-content-sha256` instead of the body, which is verified while it is
  /// read; presigned URLs leave the payload unsigned.
  SIGNED_PAYLOAD_HASH,

  /// Presigned URLs must say when they expire.
  PRESIGNED_EXPIRY,

  /// Presigned URLs of Signature Version 2 are admitted.
  PRESIGNED_VERSION_2,

  /// Browsers can upload by signed forms.
  UPLOAD_FORMS
}
