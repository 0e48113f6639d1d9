package io.carillon.sns;

import io.carillon.aws.Caller;
import io.carillon.outbox.Recipient;
import java.net.URI;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;

/// What SNS needs of the world around it.
///
/// @param mail carries e-mail
/// @param texts carries SMS
/// @param posts reaches HTTP(S) endpoints
/// @param recipients the services of this server that can subscribe, by their names in ARNs: `sqs`,
///   `lambda`
/// @param signer signs messages
/// @param certificateUrl where validators fetch its certificate, with `{region}` and `{path}` in
///   it; empty for this server's own address
/// @param publicUrl how the outside reaches this server, for links
/// @param causes the trace id of the event that a caller acts for, or a new one
public record SnsDependencies(
    MailTransport mail,
    SmsTransport texts,
    HttpPostTransport posts,
    Map<String, Recipient> recipients,
    MessageSigner signer,
    String certificateUrl,
    Supplier<URI> publicUrl,
    Function<Caller, String> causes) {}
