// Drives npm ews-javascript-api against an EWS address and prints what it saw as JSON.
//
// Called by test_ews_javascript_api.py: node ews_client.js CONFIG. The client shares no
// code with ours. What it has to see stands in the test.
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
const ews = require(config.module);

async function main() {
  const service = new ews.ExchangeService(ews.ExchangeVersion.Exchange2013_SP1);
  service.Credentials = config.token
    ? new ews.OAuthCredentials(config.token)
    : new ews.WebCredentials(config.user, config.password);
  service.Url = new ews.Uri(config.url);
  if (config.impersonate) {
    service.ImpersonatedUserId = new ews.ImpersonatedUserId(
      ews.ConnectingIdType.SmtpAddress, config.impersonate);
    service.HttpHeaders.Add("X-AnchorMailbox", config.impersonate);
  }
  const seen = {};
  const inbox = new ews.FolderId(ews.WellKnownFolderName.Inbox);

  const folder = await ews.Folder.Bind(service, ews.WellKnownFolderName.Inbox);
  seen.folder = { name: folder.DisplayName, total: folder.TotalCount };

  const found = await service.FindItems(inbox, new ews.ItemView(50));
  seen.subjects = found.Items.map((item) => item.Subject);

  const mime = new ews.PropertySet(ews.BasePropertySet.IdOnly, [
    ews.ItemSchema.MimeContent, ews.ItemSchema.Subject]);
  const one = await ews.EmailMessage.Bind(service, found.Items[0].Id, mime);
  seen.mime = one.MimeContent.Content;

  let changes = await service.SyncFolderItems(
    inbox, ews.PropertySet.IdOnly, null, 2, ews.SyncFolderItemsScope.NormalItems, null);
  seen.pages = [changes.Count];
  while (changes.MoreChangesAvailable) {
    changes = await service.SyncFolderItems(inbox, ews.PropertySet.IdOnly, null, 2,
      ews.SyncFolderItemsScope.NormalItems, changes.SyncState);
    seen.pages.push(changes.Count);
  }

  one.IsRead = true;
  await one.Update(ews.ConflictResolutionMode.AlwaysOverwrite);
  await found.Items[1].Move(new ews.FolderId(ews.WellKnownFolderName.SentItems));
  await found.Items[2].Delete(ews.DeleteMode.MoveToDeletedItems);
  changes = await service.SyncFolderItems(inbox, ews.PropertySet.IdOnly, null, 100,
    ews.SyncFolderItemsScope.NormalItems, changes.SyncState);
  const kinds = [];
  for (let place = 0; place < changes.Count; place++) {
    kinds.push(ews.ChangeType[changes._getItem(place).ChangeType]);
  }
  seen.later = kinds.sort();

  const raw = new ews.EmailMessage(service);
  raw.MimeContent = new ews.MimeContent("UTF-8", config.letter);
  await raw.SendAndSaveCopy();

  const written = new ews.EmailMessage(service);
  written.Subject = "By properties";
  written.Body = new ews.MessageBody(ews.BodyType.Text, "Hello");
  written.ToRecipients.Add("anna@customers.example");
  await written.SendAndSaveCopy();

  try {
    await ews.Folder.Bind(service, new ews.FolderId("bm90aGluZw=="));
  } catch (error) {
    seen.refusal = ews.ServiceError[error.ErrorCode] || String(error.message);
  }
  return seen;
}

main().then(
  (seen) => process.stdout.write(JSON.stringify(seen)),
  (error) => {
    process.stderr.write(String((error && error.stack) || error));
    process.exit(1);
  });
