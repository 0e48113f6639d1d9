package io.carillon.sns.smpp;

import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import org.jsmpp.SMPPConstant;
import org.jsmpp.bean.BroadcastSm;
import org.jsmpp.bean.CancelBroadcastSm;
import org.jsmpp.bean.CancelSm;
import org.jsmpp.bean.DataSm;
import org.jsmpp.bean.OptionalParameter;
import org.jsmpp.bean.QueryBroadcastSm;
import org.jsmpp.bean.QuerySm;
import org.jsmpp.bean.ReplaceSm;
import org.jsmpp.bean.SubmitMulti;
import org.jsmpp.bean.SubmitSm;
import org.jsmpp.bean.TypeOfNumber;
import org.jsmpp.extra.ProcessRequestException;
import org.jsmpp.session.BroadcastSmResult;
import org.jsmpp.session.DataSmResult;
import org.jsmpp.session.QueryBroadcastSmResult;
import org.jsmpp.session.QuerySmResult;
import org.jsmpp.session.SMPPServerSession;
import org.jsmpp.session.ServerMessageReceiverListener;
import org.jsmpp.session.Session;
import org.jsmpp.session.SubmitMultiResult;
import org.jsmpp.session.SubmitSmResult;
import org.jsmpp.util.MessageId;
import org.jsmpp.util.RandomMessageIDGenerator;

/// Stores submitted short messages; refuses all other operations.
final class SubmitListener implements ServerMessageReceiverListener {
  private static final int GSM7 = 0;
  private static final int ASCII = 1;
  private static final int LATIN1 = 3;
  private static final int UCS2 = 8;
  private static final int CONCATENATED = 0;

  private final SmsInbox inbox;
  private final InstantSource clock;
  private final RandomMessageIDGenerator ids = new RandomMessageIDGenerator();

  SubmitListener(SmsInbox inbox, InstantSource clock) {
    this.inbox = inbox;
    this.clock = clock;
  }

  @Override
  public SubmitSmResult onAcceptSubmitSm(SubmitSm submit, SMPPServerSession session)
      throws ProcessRequestException {
    ReceivedSegment segment = read(submit);
    try {
      inbox.add(segment);
    } catch (RuntimeException e) {
      throw new ProcessRequestException(
          "The inbox is unavailable", SMPPConstant.STAT_ESME_RSYSERR, e);
    }
    MessageId id = ids.newMessageId();
    return new SubmitSmResult(id, new OptionalParameter[0]);
  }

  private ReceivedSegment read(SubmitSm submit) throws ProcessRequestException {
    byte[] body = submit.getShortMessage();
    int headerLength = 0;
    int reference = 0;
    int total = 1;
    int number = 1;
    if (submit.isUdhi()) {
      headerLength = body.length == 0 ? 0 : 1 + (body[0] & 0xFF);
      if (headerLength != 6 || body.length < 6 || body[1] != CONCATENATED || body[2] != 3) {
        throw refused("Unsupported user data header");
      }
      reference = body[3] & 0xFF;
      total = body[4] & 0xFF;
      number = body[5] & 0xFF;
      if (number == 0 || number > total) {
        throw refused("Part " + number + " of " + total);
      }
    }
    return new ReceivedSegment(
        address(submit.getSourceAddrTon(), submit.getSourceAddr()),
        address(submit.getDestAddrTon(), submit.getDestAddress()),
        decode(submit.getDataCoding(), body, headerLength),
        reference,
        total,
        number,
        clock.instant());
  }

  private static String decode(int coding, byte[] body, int from) throws ProcessRequestException {
    return switch (coding) {
      case GSM7 -> Gsm7.decode(body, from);
      case ASCII, LATIN1 -> new String(body, from, body.length - from, StandardCharsets.ISO_8859_1);
      case UCS2 -> new String(body, from, body.length - from, StandardCharsets.UTF_16BE);
      default -> throw refused("Data coding " + coding);
    };
  }

  private static String address(byte typeOfNumber, String address) {
    return typeOfNumber == TypeOfNumber.INTERNATIONAL.value() ? "+" + address : address;
  }

  private static ProcessRequestException refused(String why) {
    return new ProcessRequestException(why, SMPPConstant.STAT_ESME_RSUBMITFAIL);
  }

  private static ProcessRequestException unsupported() {
    return new ProcessRequestException("Unsupported operation", SMPPConstant.STAT_ESME_RINVCMDID);
  }

  @Override
  public SubmitMultiResult onAcceptSubmitMulti(SubmitMulti submit, SMPPServerSession session)
      throws ProcessRequestException {
    throw unsupported();
  }

  @Override
  public QuerySmResult onAcceptQuerySm(QuerySm query, SMPPServerSession session)
      throws ProcessRequestException {
    throw unsupported();
  }

  @Override
  public void onAcceptReplaceSm(ReplaceSm replace, SMPPServerSession session)
      throws ProcessRequestException {
    throw unsupported();
  }

  @Override
  public void onAcceptCancelSm(CancelSm cancel, SMPPServerSession session)
      throws ProcessRequestException {
    throw unsupported();
  }

  @Override
  public BroadcastSmResult onAcceptBroadcastSm(BroadcastSm broadcast, SMPPServerSession session)
      throws ProcessRequestException {
    throw unsupported();
  }

  @Override
  public void onAcceptCancelBroadcastSm(CancelBroadcastSm cancel, SMPPServerSession session)
      throws ProcessRequestException {
    throw unsupported();
  }

  @Override
  public QueryBroadcastSmResult onAcceptQueryBroadcastSm(
      QueryBroadcastSm query, SMPPServerSession session) throws ProcessRequestException {
    throw unsupported();
  }

  @Override
  public DataSmResult onAcceptDataSm(DataSm data, Session source) throws ProcessRequestException {
    throw unsupported();
  }
}
