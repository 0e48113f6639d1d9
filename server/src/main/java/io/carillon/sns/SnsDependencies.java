package io.carillon.sns;

import java.util.List;
import java.util.function.Supplier;

/// What SNS needs from the rest of the server.
///
/// @param mail sends e-mail
/// @param texts sends SMS
/// @param posts posts to HTTP(S) endpoints
/// @param signer signs messages
/// @param certificateUrl the URL of its certificate, with `{region}` and `{path}` in it; empty for
///   this server's own address
/// @param receivedMails what the built-in receiver of e-mail has
/// @param receivedTexts what the built-in receiver of SMS has, as records
public record SnsDependencies(
    MailTransport mail,
    SmsTransport texts,
    HttpPostTransport posts,
    MessageSigner signer,
    String certificateUrl,
    ReceivedMails receivedMails,
    Supplier<? extends List<?>> receivedTexts) {}
