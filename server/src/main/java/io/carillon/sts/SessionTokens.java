package io.carillon.sts;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.carillon.aws.Credentials;
import io.carillon.aws.Principal;
import io.carillon.aws.SessionTerms;
import io.carillon.base.AccountId;
import io.carillon.base.Ids;
import io.carillon.base.Sealer;
import io.carillon.base.Secret;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/// Issues session credentials and finds them by their token, which is the sealed session. A client
/// can neither read nor change it, and the server stores nothing about it.
final class SessionTokens implements Credentials.Source {
  private static final int SECRET_LENGTH = 40;
  private static final int CACHE_LIMIT = 1_000;

  /// Loaded with the first session, to keep the start fast.
  private static final class Json {
    static final JsonMapper MAPPER = new JsonMapper();
    static final ObjectReader READER = MAPPER.readerFor(Session.class);
    static final ObjectWriter WRITER = MAPPER.writerFor(Session.class);
  }

  private final Sealer sealer;
  private final Ids ids;
  private final InstantSource clock;
  private final StsService.Principals principals;
  private final StsService.ManagedDocuments managed;

  /// Sessions by token, so that a token is not unsealed for every request. Cleared when full.
  private final Map<String, Session> cache = new ConcurrentHashMap<>();

  SessionTokens(
      Sealer sealer,
      Ids ids,
      InstantSource clock,
      StsService.Principals principals,
      StsService.ManagedDocuments managed) {
    this.sealer = sealer;
    this.ids = ids;
    this.clock = clock;
    this.principals = principals;
    this.managed = managed;
  }

  Credentials issue(Principal principal, Duration duration, Session.Terms terms) {
    Instant now = clock.instant().truncatedTo(ChronoUnit.SECONDS);
    Session session =
        new Session(
            SessionKeyId.make(now, ids),
            ids.secret(SECRET_LENGTH).reveal(),
            Session.Holder.of(principal),
            terms.policy(),
            terms.policyArns(),
            terms.tags(),
            terms.transitive(),
            terms.function(),
            now.getEpochSecond(),
            now.plus(duration).getEpochSecond());
    return credentials(session, new Secret(seal(session)));
  }

  @Override
  public Optional<Credentials> find(String accessKeyId, String sessionToken) {
    if (!SessionKeyId.isSessionKey(accessKeyId)) {
      return Optional.empty();
    }
    return open(sessionToken)
        .filter(session -> session.accessKeyId().equals(accessKeyId))
        .filter(session -> principals.exist(session.holder().principal()))
        .map(session -> credentials(session, new Secret(sessionToken)));
  }

  private String seal(Session session) {
    try {
      Secret content = new Secret(Json.WRITER.writeValueAsString(session));
      return Base64.getEncoder().encodeToString(sealer.seal(content));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  private Optional<Session> open(String token) {
    Session cached = cache.get(token);
    if (cached != null) {
      return Optional.of(cached);
    }
    Optional<Session> session = unseal(token);
    if (session.isPresent()) {
      if (cache.size() >= CACHE_LIMIT) {
        cache.clear();
      }
      cache.put(token, session.get());
    }
    return session;
  }

  private Optional<Session> unseal(String token) {
    byte[] sealed;
    try {
      sealed = Base64.getDecoder().decode(token);
    } catch (IllegalArgumentException notBase64) {
      return Optional.empty();
    }
    return sealer.open(sealed).flatMap(SessionTokens::read);
  }

  /// Other secrets sealed by the same key are not tokens.
  private static Optional<Session> read(Secret content) {
    try {
      return Optional.of(Json.READER.readValue(content.reveal()));
    } catch (JsonProcessingException notSession) {
      return Optional.empty();
    }
  }

  private Credentials credentials(Session session, Secret token) {
    Principal principal = session.holder().principal();
    return new Credentials(
        session.accessKeyId(),
        new Secret(session.secret()),
        Optional.of(token),
        principal,
        new AccountId(session.holder().account()),
        new SessionTerms(
            policies(session), session.tags(), session.transitive(), session.function()),
        Instant.ofEpochSecond(session.expires()));
  }

  /// Managed policies apply in their current version, as on AWS. A deleted one leaves an empty
  /// text, which does not parse as a policy, so the session is allowed nothing.
  private List<String> policies(Session session) {
    List<String> documents = new ArrayList<>();
    if (!session.policy().isEmpty()) {
      documents.add(session.policy());
    }
    for (String arn : session.policyArns()) {
      documents.add(managed.find(arn).orElse(""));
    }
    return documents;
  }
}
