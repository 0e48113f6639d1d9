package io.carillon.iam;

import io.carillon.aws.AwsException;
import io.carillon.aws.Caller;
import io.carillon.aws.Principal;
import io.carillon.base.Ids;
import io.carillon.base.Sealer;
import io.carillon.base.Secret;
import io.carillon.iam.AccessKeyRows.Key;
import io.carillon.store.Database;
import io.carillon.store.Snapshot;
import io.carillon.store.Tx;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
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

/// The lasting keys of users and of the root users of accounts. A secret is told once, when it is
/// made, and kept sealed.
final class AccessKeys {
  /// For the root user of an account as well.
  private static final int KEYS_PER_USER = 2;

  static final int SECRET_LENGTH = 40;

  private final Database database;
  private final Identities identities;
  private final Accounts accounts;
  private final AccessKeyRows keys;
  private final Sealer sealer;
  private final Ids ids;
  private final InstantSource clock;

  AccessKeys(
      Database database,
      Identities identities,
      Accounts accounts,
      AccessKeyRows keys,
      Sealer sealer,
      Ids ids,
      InstantSource clock) {
    this.database = database;
    this.identities = identities;
    this.accounts = accounts;
    this.keys = keys;
    this.sealer = sealer;
    this.ids = ids;
    this.clock = clock;
  }

  /// Whose keys a request is about.
  ///
  /// @param user null for the root user of the account
  /// @param keyIds of all keys, the root key of the configuration included
  private record Holder(String account, @Nullable Identity user, List<String> keyIds) {
    @Nullable String userName() {
      return user == null ? null : user.name();
    }
  }

  /// The user that a request names, or who calls where it names none; null for the root user.
  private static @Nullable String named(Caller caller, @Nullable String name) {
    return name == null && caller.principal() instanceof Principal.Root
        ? null
        : Users.named(caller, name);
  }

  private Holder holder(Snapshot snapshot, Caller caller, @Nullable String name) {
    String account = caller.account().value();
    if (name == null) {
      return new Holder(account, null, accounts.rootKeys(snapshot, account));
    }
    Identity user = identities.require(snapshot, account, IdentityType.USER, name);
    return new Holder(account, user, user.userTerms().keys());
  }

  private void change(Tx tx, Holder holder, UnaryOperator<List<String>> change) {
    Identity user = holder.user();
    if (user == null) {
      accounts.putRootKeys(tx, holder.account(), change.apply(new ArrayList<>(holder.keyIds())));
    } else {
      identities.put(tx, user.withUser(user.userTerms().withKeys(change)));
    }
  }

  CreateAccessKeyResponse create(Caller caller, CreateAccessKeyRequest request) {
    String name = named(caller, request.userName());
    String id = ids.accessKey("AKIA");
    Secret secret = ids.secret(SECRET_LENGTH);
    byte[] sealed = sealer.seal(secret);
    Instant now = clock.instant().truncatedTo(ChronoUnit.SECONDS);
    Holder owner =
        database.write(
            tx -> {
              Holder holder = holder(tx, caller, name);
              if (holder.keyIds().size() >= KEYS_PER_USER) {
                throw IamError.LIMIT_EXCEEDED.because(
                    "Cannot exceed quota for AccessKeysPerUser: " + KEYS_PER_USER);
              }
              keys.put(tx, id, new Key(holder.account(), holder.userName(), sealed, true, now));
              change(
                  tx,
                  holder,
                  list -> {
                    list.add(id);
                    return list;
                  });
              return holder;
            });
    return CreateAccessKeyResponse.builder()
        .accessKey(
            AccessKey.builder()
                .userName(owner.userName())
                .accessKeyId(id)
                .status(StatusType.ACTIVE)
                .secretAccessKey(secret.reveal())
                .createDate(now)
                .build())
        .build();
  }

  ListAccessKeysResponse list(Caller caller, ListAccessKeysRequest request) {
    String name = named(caller, request.userName());
    IamPage.Wanted wanted = IamPage.Wanted.of(request.marker(), request.maxItems());
    return database.read(
        snapshot -> {
          Holder holder = holder(snapshot, caller, name);
          List<AccessKeyMetadata> all = new ArrayList<>();
          for (String id : holder.keyIds().stream().sorted().toList()) {
            boolean configured = isConfigured(holder, id);
            boolean active = configured || require(snapshot, holder, id).active();
            all.add(
                AccessKeyMetadata.builder()
                    .userName(holder.userName())
                    .accessKeyId(id)
                    .status(active ? StatusType.ACTIVE : StatusType.INACTIVE)
                    .createDate(
                        configured ? Instant.EPOCH : require(snapshot, holder, id).created())
                    .build());
          }
          IamPage<AccessKeyMetadata> page = IamPage.of(all, AccessKeyMetadata::accessKeyId, wanted);
          return ListAccessKeysResponse.builder()
              .accessKeyMetadata(page.items())
              .isTruncated(page.isTruncated())
              .marker(page.marker())
              .build();
        });
  }

  UpdateAccessKeyResponse update(Caller caller, UpdateAccessKeyRequest request) {
    String name = named(caller, request.userName());
    String id = keyId(request.accessKeyId());
    StatusType status =
        IamConstraints.oneOf(
            "status",
            request.statusAsString(),
            request.status(),
            StatusType.UNKNOWN_TO_SDK_VERSION,
            "Active, Inactive");
    if (status == StatusType.EXPIRED) {
      throw IamConstraints.unsatisfied(
          "status", "Expired", "Member must satisfy enum value set: [Active, Inactive]");
    }
    boolean active = status == StatusType.ACTIVE;
    database.write(
        tx -> {
          Holder holder = holder(tx, caller, name);
          if (isConfigured(holder, id)) {
            if (active) {
              return id;
            }
            throw configured(id);
          }
          Key key = require(tx, holder, id);
          if (!active) {
            refuseLast(tx, holder, id);
          }
          keys.put(tx, id, key.active(active));
          return id;
        });
    return UpdateAccessKeyResponse.builder().build();
  }

  DeleteAccessKeyResponse delete(Caller caller, DeleteAccessKeyRequest request) {
    String name = named(caller, request.userName());
    String id = keyId(request.accessKeyId());
    database.write(
        tx -> {
          Holder holder = holder(tx, caller, name);
          if (isConfigured(holder, id)) {
            throw configured(id);
          }
          Key unused = require(tx, holder, id);
          refuseLast(tx, holder, id);
          keys.delete(tx, id);
          change(
              tx,
              holder,
              list -> {
                list.remove(id);
                return list;
              });
          return id;
        });
    return DeleteAccessKeyResponse.builder().build();
  }

  /// Whether the configuration gives the key, which then is in no row.
  private boolean isConfigured(Holder holder, String id) {
    return holder.user() == null
        && accounts.firstRoot().account().value().equals(holder.account())
        && accounts.firstRoot().accessKeyId().equals(id);
  }

  private static AwsException configured(String id) {
    return IamError.UNMODIFIABLE_ENTITY.because(
        "The root access key "
            + id
            + " comes from the configuration of the server and can be neither deleted nor"
            + " deactivated here: change the settings access-key-id and"
            + " secret-access-key and start the server anew.");
  }

  /// There is no sign-in with a password that would lead back to an account without a root key.
  private void refuseLast(Snapshot snapshot, Holder holder, String id) {
    if (holder.user() != null) {
      return;
    }
    boolean another =
        holder.keyIds().stream()
            .filter(other -> !other.equals(id))
            .anyMatch(
                other -> isConfigured(holder, other) || require(snapshot, holder, other).active());
    if (!another) {
      throw IamError.UNMODIFIABLE_ENTITY.because(
          "The access key "
              + id
              + " is the last active key of the root user of account "
              + holder.account()
              + ", who could not come back without one: create another key first.");
    }
  }

  private Key require(Snapshot snapshot, Holder holder, String id) {
    return keys.find(snapshot, id)
        .filter(_ -> holder.keyIds().contains(id))
        .orElseThrow(
            () ->
                IamError.NO_SUCH_ENTITY.because(
                    "The Access Key with id " + id + " cannot be found."));
  }

  /// The key of the configuration may be shorter than any of ours.
  private String keyId(@Nullable String id) {
    return accounts.firstRoot().accessKeyId().equals(id)
        ? accounts.firstRoot().accessKeyId()
        : IamConstraints.length("accessKeyId", id, 16, 128);
  }
}
