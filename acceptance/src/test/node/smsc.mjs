// An SMS centre by node-smpp, an SMPP implementation independent of Carillon's. It prints its port, then a line of JSON for each
// short message it took. A bind needs the password. Message texts control it: it is `busy` and `stumbling` once each,
// knows no `nobody`, and drops the connection once for `torn`.
import smpp from "smpp";

const PASSWORD = process.argv[2];
const met = new Set();
const firstTime = (word) => !met.has(word) && met.add(word);

function verdict(text) {
  if (text.startsWith("busy") && firstTime("busy")) return smpp.ESME_RTHROTTLED;
  if (text.startsWith("stumbling") && firstTime("stumbling")) return smpp.ESME_RSYSERR;
  if (text.startsWith("nobody")) return smpp.ESME_RINVDSTADR;
  return smpp.ESME_ROK;
}

const server = smpp.createServer((session) => {
  session.on("error", () => {});
  for (const bind of ["bind_transmitter", "bind_transceiver"]) {
    session.on(bind, (pdu) => {
      const known = pdu.password === PASSWORD;
      session.send(pdu.response({ command_status: known ? smpp.ESME_ROK : smpp.ESME_RINVPASWD }));
      if (!known) session.close();
    });
  }
  session.on("enquire_link", (pdu) => session.send(pdu.response()));
  session.on("unbind", (pdu) => session.send(pdu.response(), () => session.close()));
  session.on("submit_sm", (pdu) => {
    const text = pdu.short_message.message;
    if (text.startsWith("torn") && firstTime("torn")) return session.destroy();
    const status = verdict(text);
    const udh = pdu.short_message.udh?.map((part) => [...part]) ?? [];
    const seen = { status, text, udh, to: pdu.destination_addr, from: pdu.source_addr, coding: pdu.data_coding };
    console.log(JSON.stringify({ ...seen, ton: pdu.dest_addr_ton, npi: pdu.dest_addr_npi, fromTon: pdu.source_addr_ton }));
    session.send(pdu.response({ command_status: status, message_id: String(met.size) }));
  });
});
server.on("error", () => {});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
