// Drives npm @microsoft/microsoft-graph-client against a Graph address and prints what
// it saw as JSON.
//
// Called by test_graph_client.py: node graph_client.js CONFIG. The client shares no code
// with ours. What it has to see stands in the test.
"use strict";
const fs = require("fs");
const config = JSON.parse(fs.readFileSync(process.argv[2], "utf8"));
// The providers' names lead to this machine, so that certificates are checked.
const dns = require("dns");
dns.lookup = (name, options, done) => {
  const answer = typeof options === "function" ? options : done;
  if (options && options.all) return answer(null, [{ address: "127.0.0.1", family: 4 }]);
  return answer(null, "127.0.0.1", 4);
};
// So do links with the usual port.
const usual = globalThis.fetch;
globalThis.fetch = (url, options) => usual(
  typeof url === "string"
    ? url.replace(/^(https:\/\/[a-z.]+)\//, `$1:${config.port}/`) : url, options);
const graph = require(config.module);

const IMMUTABLE = 'IdType="ImmutableId"';

async function text(stream) {
  const parts = [];
  for await (const part of stream) parts.push(Buffer.from(part));
  return Buffer.concat(parts).toString("base64");
}

async function main() {
  const client = graph.Client.init({
    authProvider: (done) => done(null, config.token),
  });
  const api = (path) => client.api(config.root + path).header("Prefer", IMMUTABLE);
  const seen = {};

  const inbox = await api("/mailFolders/inbox").get();
  seen.folder = { name: inbox.displayName, total: inbox.totalItemCount };

  const listed = await api("/mailFolders/inbox/messages").top(2)
    .select("id,subject,receivedDateTime").get();
  seen.subjects = [];
  await new graph.PageIterator(client, listed, (one) => {
    seen.subjects.push(one.subject);
    return true;
  }, { headers: { Prefer: IMMUTABLE } }).iterate();
  const newest = listed.value[0].id;

  seen.mime = await text(await api(`/messages/${newest}/$value`).getStream());

  let page = await api("/mailFolders/inbox/messages/delta")
    .header("Prefer", `${IMMUTABLE}, odata.maxpagesize=2`).select("subject").get();
  const ids = [];
  seen.pages = [];
  for (;;) {
    seen.pages.push(page.value.length);
    ids.push(...page.value.map((one) => one.id));
    const link = page["@odata.nextLink"];
    if (!link) break;
    page = await client.api(link)
      .header("Prefer", `${IMMUTABLE}, odata.maxpagesize=2`).get();
  }

  await api(`/messages/${newest}`).patch({ isRead: true });
  const moved = await api(`/messages/${ids[0]}/move`).post({ destinationId: "archive" });
  seen.keptId = moved.id === ids[0];
  const batch = new graph.BatchRequestContent([
    { id: "1", request: new Request(`https://graph.microsoft.com${config.root}/messages/${ids[1]}`,
      { method: "DELETE" }) },
    { id: "2", request: new Request(`https://graph.microsoft.com${config.root}/messages/${newest}`) },
    { id: "3", request: new Request(`https://graph.microsoft.com${config.root}/messages/none`) },
  ]);
  const told = await client.api("/$batch").post(await batch.getContent());
  const replies = new graph.BatchResponseContent(told);
  seen.batch = ["1", "2", "3"].map((id) => replies.getResponseById(id).status);

  const later = await client.api(page["@odata.deltaLink"])
    .header("Prefer", IMMUTABLE).get();
  seen.later = later.value.map((one) => (one["@removed"] ? "removed" : "there")).sort();

  await client.api(`${config.root}/sendMail`).post({
    message: {
      subject: "From JSON",
      body: { contentType: "Text", content: "Hello" },
      toRecipients: [{ emailAddress: { address: config.to } }],
    },
    saveToSentItems: true,
  });
  await client.api(`${config.root}/sendMail`).header("Content-Type", "text/plain")
    .post(config.letter);

  const draft = await api("/messages").post({
    subject: "Large",
    toRecipients: [{ emailAddress: { address: config.to } }],
  });
  const session = await api(`/messages/${draft.id}/attachments/createUploadSession`).post({
    AttachmentItem: { attachmentType: "file", name: "large.bin", size: 5000000 },
  });
  const content = Buffer.alloc(5000000, 7);
  for (const [first, last] of [[0, 3276799], [3276800, 4999999]]) {
    const put = await fetch(session.uploadUrl, {
      method: "PUT",
      body: content.subarray(first, last + 1),
      headers: { "Content-Range": `bytes ${first}-${last}/5000000` },
    });
    seen.uploaded = put.status;
  }
  await api(`/messages/${draft.id}/send`).post({});

  try {
    await api("/mailFolders/AAMkNone").get();
  } catch (error) {
    seen.refusal = { status: error.statusCode, code: error.code, id: !!error.requestId };
  }
  process.stdout.write(JSON.stringify(seen));
}

main().catch((error) => {
  process.stderr.write(`${error.statusCode} ${error.code} ${error.message}\n${error.stack}\n`);
  process.exit(1);
});
