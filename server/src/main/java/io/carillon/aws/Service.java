package io.carillon.aws;

import io.carillon.aws.protocol.ErrorDialect;
import io.carillon.aws.protocol.JsonProtocol;
import io.carillon.aws.protocol.Model;
import io.carillon.aws.protocol.Protocol;
import io.carillon.aws.protocol.QueryProtocol;
import io.carillon.aws.protocol.RequiredMembers;
import io.carillon.aws.protocol.RestJsonProtocol;
import io.carillon.aws.protocol.RestXmlProtocol;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/// The services that Carillon supports.
enum Service {
  /// The largest document is CompleteMultipartUpload with 10,000 parts and their checksums.
  S3("s3", 4 << 20, true) {
    @Override
    List<Protocol> protocols() {
      return List.of(new RestXmlProtocol(Model.of(signingName()), limitBytes()));
    }
  },
  /// The largest body is a zip of 50 MB in base64.
  LAMBDA("lambda", 72 << 20, false) {
    @Override
    List<Protocol> protocols() {
      return List.of(new RestJsonProtocol(Model.of(signingName()), limitBytes()));
    }
  },
  /// Messages have 256 KiB; escaped, each byte takes three.
  SNS("sns", 2 << 20, true) {
    @Override
    List<Protocol> protocols() {
      return List.of(
          QueryProtocol.of(
              Model.of(signingName()),
              RequiredMembers.of(signingName()),
              "2010-03-31",
              "http://sns.amazonaws.com/doc/2010-03-31/",
              ErrorDialect.sns(),
              limitBytes()));
    }
  },
  /// Messages have 1 MiB; escaped, each byte takes up to six.
  SQS("sqs", 6 << 20, true) {
    @Override
    List<Protocol> protocols() {
      List<Model.Entry> operations = Model.of(signingName());
      return List.of(
          JsonProtocol.ofSqs(operations, limitBytes()),
          QueryProtocol.ofSqs(operations, limitBytes()));
    }
  },
  IAM("iam", 1 << 20, false) {
    @Override
    List<Protocol> protocols() {
      return List.of(
          QueryProtocol.of(
              Model.of(signingName()),
              RequiredMembers.of(signingName()),
              "2010-05-08",
              "https://iam.amazonaws.com/doc/2010-05-08/",
              ErrorDialect.plain(),
              limitBytes()));
    }
  },
  STS("sts", 1 << 20, false) {
    @Override
    List<Protocol> protocols() {
      return List.of(
          QueryProtocol.of(
              Model.of(signingName()),
              RequiredMembers.of(signingName()),
              "2011-06-15",
              "https://sts.amazonaws.com/doc/2011-06-15/",
              ErrorDialect.plain(),
              limitBytes()));
    }
  },
  /// A batch of events has 1 MiB; escaped, each byte takes up to six.
  LOGS("logs", 6 << 20, false) {
    @Override
    List<Protocol> protocols() {
      return List.of(JsonProtocol.ofLogs(Model.of(signingName()), limitBytes()));
    }
  };

  private final String signingName;
  private final int limitBytes;
  private final boolean admitsAnonymous;

  Service(String signingName, int limitBytes, boolean admitsAnonymous) {
    this.signingName = signingName;
    this.limitBytes = limitBytes;
    this.admitsAnonymous = admitsAnonymous;
  }

  /// Its protocols, the preferred one first.
  abstract List<Protocol> protocols();

  /// Its signing name, also used in hosts and ARNs.
  String signingName() {
    return signingName;
  }

  /// The largest body that is not streamed.
  int limitBytes() {
    return limitBytes;
  }

  /// Whether its resource policies can allow anonymous requests.
  boolean admitsAnonymous() {
    return admitsAnonymous;
  }

  static List<String> names() {
    return Arrays.stream(values()).map(Service::signingName).toList();
  }

  static Optional<Service> find(String signingName) {
    return Arrays.stream(values()).filter(s -> s.signingName.equals(signingName)).findFirst();
  }
}
