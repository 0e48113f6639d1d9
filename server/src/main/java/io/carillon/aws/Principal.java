package io.carillon.aws;

import io.carillon.base.AccountId;
import io.carillon.base.Arn;

/// The identity of a caller.
public sealed interface Principal {

  /// The value of `aws:userid` and of an S3 event's `principalId`.
  String uniqueId();

  /// The ARN as in policies and GetCallerIdentity; the name of a service, which has none.
  String arn();

  record Root(AccountId account) implements Principal {
    @Override
    public String uniqueId() {
      return account.value();
    }

    @Override
    public String arn() {
      return Arn.iam(account, "root").toString();
    }
  }

  /// @param path begins and ends with a slash
  record User(AccountId account, String path, String name, String id) implements Principal {
    @Override
    public String uniqueId() {
      return id;
    }

    @Override
    public String arn() {
      return Arn.iam(account, "user" + path + name).toString();
    }
  }

  record AssumedRole(
      AccountId account, String rolePath, String roleName, String roleId, String session)
      implements Principal {
    @Override
    public String uniqueId() {
      return roleId + ":" + session;
    }

    @Override
    public String arn() {
      return "arn:aws:sts::" + account + ":assumed-role/" + roleName + "/" + session;
    }

    public String roleArn() {
      return Arn.iam(account, "role" + rolePath + roleName).toString();
    }
  }

  /// An AWS service acting for a resource, such as `s3.amazonaws.com` for a bucket.
  record Service(String name) implements Principal {
    @Override
    public String uniqueId() {
      return name;
    }

    @Override
    public String arn() {
      return name;
    }
  }

  record Anonymous() implements Principal {
    @Override
    public String uniqueId() {
      return "Anonymous";
    }

    @Override
    public String arn() {
      return "*";
    }
  }
}
