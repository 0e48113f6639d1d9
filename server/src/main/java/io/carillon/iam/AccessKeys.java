package io.carillon.iam;

import io.carillon.aws.AwsException;
import io.carillon.aws.Caller;
import io.carillon.aws.Operations;
import io.carillon.aws.Principal;
import io.carillon.base.Ids;
import io.carillon.base.Sealer;
import io.carillon.base.Secret;
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

/// The access keys of users and of accounts' root users. A secret is returned once, on creation,
/// and stored sealed.
final class AccessKeys {
  /// Applies to the root user of an account as well.
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

  /// Adds the operations of this class to IAM's.
  void addTo(Operations operations, IamNeeds needs) {
    operations
        .on(CreateAccessKeyRequest.class, (c, r) -> needs.user(c, r.userName()), this::create)
        .on(ListAccessKeysRequest.class, (c, r) -> needs.user(c, r.userName()), this::list)
        .on(UpdateAccessKeyRequest.class, (c, r) -> needs.user(c, r.userName()), this::update)
        .on(DeleteAccessKeyRequest.class, (c, r) -> needs.user(c, r.userName()), this::delete);
  }

  /// The owner of the keys that a request is about.
  ///
  /// @param user null for the root user of the account
  /// @param keyIds of all keys, including the root key from the configuration
  private record KeyOwner(String account, @Nullable Identity user, List<String> keyIds) {
    @Nullable String userName() {
      return user == null ? null : user.name();
    }
  }

  /// The user that a request names, or else the caller; null for the root user.
  private static @Nullable String userName(Caller caller, @Nullable String name) {
    return name == null && caller.principal() instanceof Principal.Root
        ? null
        : Users.userName(caller, name);
  }

  private KeyOwner owner(Snapshot snapshot, Caller caller, @Nullable String name) {
    String account = caller.account().value();
    if (name == null) {
      return new KeyOwner(account, null, accounts.rootKeys(snapshot, account));
    }
    Identity user = identities.require(snapshot, account, IdentityType.USER, name);
    return new KeyOwner(account, user, user.userTerms().keys());
  }

  private void change(Tx tx, KeyOwner owner, UnaryOperator<List<String>> change) {
    Identity user = owner.user();
    if (user == null) {
      accounts.putRootKeys(tx, owner.account(), change.apply(new ArrayList<>(owner.keyIds())));
    } else {
      identities.put(tx, user.withUser(user.userTerms().withKeys(change)));
    }
  }

  CreateAccessKeyResponse create(Caller caller, CreateAccessKeyRequest request) {
    String name = userName(caller, request.userName());
    String id = ids.accessKey("AKIA");
    Secret secret = ids.secret(SECRET_LENGTH);
    byte[] sealed = sealer.seal(secret);
    Instant now = clock.instant().truncatedTo(ChronoUnit.SECONDS);
    KeyOwner created =
        database.write(
            tx -> {
              KeyOwner owner = owner(tx, caller, name);
              if (owner.keyIds().size() >= KEYS_PER_USER) {
                throw IamError.LIMIT_EXCEEDED.because(
                    "Cannot exceed quota for AccessKeysPerUser: " + KEYS_PER_USER);
              }
              keys.put(
                  tx,
                  id,
                  new AccessKeyRows.Key(owner.account(), owner.userName(), sealed, true, now));
              change(
                  tx,
                  owner,
                  list -> {
                    list.add(id);
                    return list;
                  });
              return owner;
            });
    return CreateAccessKeyResponse.builder()
        .accessKey(
            AccessKey.builder()
                .userName(created.userName())
                .accessKeyId(id)
                .status(StatusType.ACTIVE)
                .secretAccessKey(secret.reveal())
                .createDate(now)
                .build())
        .build();
  }

  ListAccessKeysResponse list(Caller caller, ListAccessKeysRequest request) {
    String name = userName(caller, request.userName());
    IamPage.Paging paging = IamPage.Paging.of(request.marker(), request.maxItems());
    return database.read(
        snapshot -> {
          KeyOwner owner = owner(snapshot, caller, name);
          List<AccessKeyMetadata> all = new ArrayList<>();
          for (String id : owner.keyIds().stream().sorted().toList()) {
            boolean configured = isConfigured(owner, id);
            boolean active = configured || require(snapshot, owner, id).active();
            all.add(
                AccessKeyMetadata.builder()
                    .userName(owner.userName())
                    .accessKeyId(id)
                    .status(active ? StatusType.ACTIVE : StatusType.INACTIVE)
                    .createDate(configured ? Instant.EPOCH : require(snapshot, owner, id).created())
                    .build());
          }
          IamPage<AccessKeyMetadata> page = IamPage.of(all, AccessKeyMetadata::accessKeyId, paging);
          return ListAccessKeysResponse.builder()
              .accessKeyMetadata(page.items())
              .isTruncated(page.isTruncated())
              .marker(page.marker())
              .build();
        });
  }

  UpdateAccessKeyResponse update(Caller caller, UpdateAccessKeyRequest request) {
    String name = userName(caller, request.userName());
    String id = keyId(request.accessKeyId());
    StatusType status =
        IamError.MEMBERS.oneOf(
            "status",
            request.statusAsString(),
            request.status(),
            StatusType.UNKNOWN_TO_SDK_VERSION,
            "Active, Inactive");
    if (status == StatusType.EXPIRED) {
      throw IamError.MEMBERS.unsatisfied(
          "status", "Expired", "Member must satisfy enum value set: [Active, Inactive]");
    }
    boolean active = status == StatusType.ACTIVE;
    database.write(
        tx -> {
          KeyOwner owner = owner(tx, caller, name);
          if (isConfigured(owner, id)) {
            if (active) {
              return id;
            }
            throw unmodifiable(id);
          }
          AccessKeyRows.Key key = require(tx, owner, id);
          if (!active) {
            refuseLastRootKey(tx, owner, id);
          }
          keys.put(tx, id, key.active(active));
          return id;
        });
    return UpdateAccessKeyResponse.builder().build();
  }

  DeleteAccessKeyResponse delete(Caller caller, DeleteAccessKeyRequest request) {
    String name = userName(caller, request.userName());
    String id = keyId(request.accessKeyId());
    database.write(
        tx -> {
          KeyOwner owner = owner(tx, caller, name);
          if (isConfigured(owner, id)) {
            throw unmodifiable(id);
          }
          var _ = require(tx, owner, id);
          refuseLastRootKey(tx, owner, id);
          keys.delete(tx, id);
          change(
              tx,
              owner,
              list -> {
                list.remove(id);
                return list;
              });
          return id;
        });
    return DeleteAccessKeyResponse.builder().build();
  }

  /// Whether the key comes from the configuration, and so has no row.
  private boolean isConfigured(KeyOwner owner, String id) {
    return owner.user() == null
        && accounts.firstRoot().account().value().equals(owner.account())
        && accounts.firstRoot().accessKeyId().equals(id);
  }

  private static AwsException unmodifiable(String id) {
    return IamError.UNMODIFIABLE_ENTITY.because(
        "The root access key "
            + id
            + " comes from the configuration of the server and can be neither deleted nor"
            + " deactivated here: change the settings access-key-id and"
            + " secret-access-key and restart the server.");
  }

  /// There is no sign-in with a password that could recover an account without a root key.
  private void refuseLastRootKey(Snapshot snapshot, KeyOwner owner, String id) {
    if (owner.user() != null) {
      return;
    }
    boolean hasOther =
        owner.keyIds().stream()
            .filter(other -> !other.equals(id))
            .anyMatch(
                other -> isConfigured(owner, other) || require(snapshot, owner, other).active());
    if (!hasOther) {
      throw IamError.UNMODIFIABLE_ENTITY.because(
          "The access key "
              + id
              + " is the last active key of the root user of account "
              + owner.account()
              + ". Without a key, the account could not be used again: create another key first.");
    }
  }

  private AccessKeyRows.Key require(Snapshot snapshot, KeyOwner owner, String id) {
    return keys.find(snapshot, id)
        .filter(_ -> owner.keyIds().contains(id))
        .orElseThrow(
            () ->
                IamError.NO_SUCH_ENTITY.because(
                    "The Access Key with id " + id + " cannot be found."));
  }

  /// The key from the configuration may be shorter than the minimum.
  private String keyId(@Nullable String id) {
    return accounts.firstRoot().accessKeyId().equals(id)
        ? accounts.firstRoot().accessKeyId()
        : IamError.MEMBERS.length("accessKeyId", id, 16, 128);
  }
}
