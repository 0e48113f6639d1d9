package io.carillon.s3;

import io.carillon.aws.ResourcePolicies;
import io.carillon.base.Arn;
import io.carillon.policy.PublicGrants;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/// How the policies of buckets differ from those of other resources.
public interface BucketPolicyTerms extends ResourcePolicies {
  /// The account of an access point is fixed even where its name may be anything.
  PublicGrants PUBLIC_GRANTS =
      new PublicGrants(
          Set.of("s3:dataaccesspointaccount"),
          Map.of("s3:dataaccesspointarn", Pattern.compile("arn:[^:]+:s3:[^:]*:[0-9]{12}:.*")));

  /// RestrictPublicBuckets of a public access block.
  Restriction RESTRICT_PUBLIC_BUCKETS =
      new Restriction(
          PUBLIC_GRANTS,
          ". The bucket's policy is public, and RestrictPublicBuckets in its public access block"
              + " limits it to the bucket's own account");

  Set<String> ACTIONS_ON_POLICIES =
      Set.of("s3:getbucketpolicy", "s3:putbucketpolicy", "s3:deletebucketpolicy");

  /// A bucket's policy applies to its objects.
  @Override
  default Arn holder(Arn resource) {
    int slash = resource.resource().indexOf('/');
    return slash < 0 ? resource : Arn.bucket(resource.resource().substring(0, slash));
  }

  @Override
  default boolean creates(String action) {
    return action.equalsIgnoreCase("s3:CreateBucket");
  }

  /// A bucket policy cannot deny its account's root access to the policy itself.
  ///
  /// Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucketPolicy.html
  @Override
  default boolean keepsForRoot(String action) {
    return ACTIONS_ON_POLICIES.contains(action.toLowerCase(Locale.ROOT));
  }
}
