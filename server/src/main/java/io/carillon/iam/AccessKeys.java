package io.carillon.iam;

import io.carillon.aws.Caller;
import io.carillon.base.Ids;
import io.carillon.base.Sealer;
import io.carillon.base.Secret;
import io.carillon.iam.KeyRows.Key;
import io.carillon.store.Database;
import io.carillon.store.Snapshot;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import software.amazon.awssdk.services.iam.model.AccessKey;
import software.amazon.awssdk.services.iam.model.AccessKeyMetadata;
import software.amazon.awssdk.services.iam.model.CreateAccessKeyRequest;
import software.amazon.awssdk.services.iam.model.CreateAccessKeyResponse;
import software.amazon.awssdk.services.iam.model.DeleteAccessKeyRequest;
import software.amazon.awssdk.services.iam.model.DeleteAccessKeyResponse;
import software.amazon.awssdk.services.iam.model.ListAccessKeysRequest;
import software.amazon.awssdk.services.iam.model.ListAccessKeysResponse;
import software.amazon.awssdk.services.iam.model.StatusType;
import software.amazon.awssdk.services.iam.model.UpdateAccessKeyRequest;
import software.amazon.awssdk.services.iam.model.UpdateAccessKeyResponse;

/// The lasting keys of users. A secret is told once, when it is made, and kept sealed.
final class AccessKeys {
  private static final int KEYS_PER_USER = 2;
  static final int SECRET_LENGTH = 40;

  private final Database database;
  private final Identities identities;
  private final KeyRows keys;
  private final Sealer sealer;
  private final Ids ids;
  private final InstantSource clock;

  AccessKeys(
      Database database,
      Identities identities,
      KeyRows keys,
      Sealer sealer,
      Ids ids,
      InstantSource clock) {
    this.database = database;
    this.identities = identities;
    this.keys = keys;
    this.sealer = sealer;
    this.ids = ids;
    this.clock = clock;
  }

  CreateAccessKeyResponse create(Caller caller, CreateAccessKeyRequest request) {
    String name = Users.named(caller, request.userName());
    String id = ids.accessKey("AKIA");
    Secret secret = ids.secret(SECRET_LENGTH);
    byte[] sealed = sealer.seal(secret);
    Key key =
        new Key(
            caller.account().value(),
            name,
            sealed,
            true,
            clock.instant().truncatedTo(ChronoUnit.SECONDS));
    Identity owner =
        database.write(
            tx -> {
              Identity user = identities.require(tx, caller.account().value(), Kind.USER, name);
              if (user.userTerms().keys().size() >= KEYS_PER_USER) {
                throw IamError.LIMIT_EXCEEDED.because(
                    "Cannot exceed quota for AccessKeysPerUser: " + KEYS_PER_USER);
              }
              keys.put(tx, id, key.ofUser(user.name()));
              identities.put(
                  tx,
                  user.withUser(
                      user.userTerms()
                          .withKeys(
                              list -> {
                                list.add(id);
                                return list;
                              })));
              return user;
            });
    return CreateAccessKeyResponse.builder()
        .accessKey(
            AccessKey.builder()
                .userName(owner.name())
                .accessKeyId(id)
                .status(StatusType.ACTIVE)
                .secretAccessKey(secret.reveal())
                .createDate(key.created())
                .build())
        .build();
  }

  ListAccessKeysResponse list(Caller caller, ListAccessKeysRequest request) {
    String name = Users.named(caller, request.userName());
    Page.Wanted wanted = Page.Wanted.of(request.marker(), request.maxItems());
    return database.read(
        snapshot -> {
          Identity user = identities.require(snapshot, caller.account().value(), Kind.USER, name);
          List<AccessKeyMetadata> all = new ArrayList<>();
          for (String id : user.userTerms().keys().stream().sorted().toList()) {
            Key key = require(snapshot, user, id);
            all.add(
                AccessKeyMetadata.builder()
                    .userName(user.name())
                    .accessKeyId(id)
                    .status(key.active() ? StatusType.ACTIVE : StatusType.INACTIVE)
                    .createDate(key.created())
                    .build());
          }
          Page<AccessKeyMetadata> page = Page.of(all, AccessKeyMetadata::accessKeyId, wanted);
          return ListAccessKeysResponse.builder()
              .accessKeyMetadata(page.items())
              .isTruncated(page.isTruncated())
              .marker(page.marker())
              .build();
        });
  }

  UpdateAccessKeyResponse update(Caller caller, UpdateAccessKeyRequest request) {
    String name = Users.named(caller, request.userName());
    String id = keyId(request.accessKeyId());
    StatusType status =
        Constraints.oneOf(
            "status",
            request.statusAsString(),
            request.status(),
            StatusType.UNKNOWN_TO_SDK_VERSION,
            "Active, Inactive");
    if (status == StatusType.EXPIRED) {
      throw Constraints.unsatisfied(
          "status", "Expired", "Member must satisfy enum value set: [Active, Inactive]");
    }
    database.write(
        tx -> {
          Identity user = identities.require(tx, caller.account().value(), Kind.USER, name);
          keys.put(tx, id, require(tx, user, id).active(status == StatusType.ACTIVE));
          return id;
        });
    return UpdateAccessKeyResponse.builder().build();
  }

  DeleteAccessKeyResponse delete(Caller caller, DeleteAccessKeyRequest request) {
    String name = Users.named(caller, request.userName());
    String id = keyId(request.accessKeyId());
    database.write(
        tx -> {
          Identity user = identities.require(tx, caller.account().value(), Kind.USER, name);
          Key unused = require(tx, user, id);
          keys.delete(tx, id);
          identities.put(
              tx,
              user.withUser(
                  user.userTerms()
                      .withKeys(
                          list -> {
                            list.remove(id);
                            return list;
                          })));
          return id;
        });
    return DeleteAccessKeyResponse.builder().build();
  }

  private Key require(Snapshot snapshot, Identity user, String id) {
    return keys.find(snapshot, id)
        .filter(_ -> user.userTerms().keys().contains(id))
        .orElseThrow(
            () ->
                IamError.NO_SUCH_ENTITY.because(
                    "The Access Key with id " + id + " cannot be found."));
  }

  private static String keyId(String id) {
    return Constraints.length("accessKeyId", id, 16, 128);
  }
}
