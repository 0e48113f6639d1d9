package io.carillon.sns;

import io.carillon.aws.Caller;
import io.carillon.messaging.Recipient;
import java.net.URI;
import java.util.function.Function;
import java.util.function.Supplier;

/// What SNS needs from the rest of the server.
///
/// @param mail sends e-mail
/// @param texts sends SMS
/// @param posts posts to HTTP(S) endpoints
/// @param recipients the services of this server whose resources can subscribe
/// @param signer signs messages
/// @param certificateUrl the URL of its certificate, with `{region}` and `{path}` in it; empty for
///   this server's own address
/// @param publicUrl the URL of this server for clients, for links
/// @param causes the trace id of the event on whose behalf a caller acts, or a new one
public record SnsDependencies(
    MailTransport mail,
    SmsTransport texts,
    HttpPostTransport posts,
    Recipient recipients,
    MessageSigner signer,
    String certificateUrl,
    Supplier<URI> publicUrl,
    Function<Caller, String> causes) {}
