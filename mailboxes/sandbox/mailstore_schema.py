"""The tables of the mailboxes' contents; what is done with them: mailstore."""

from __future__ import annotations

SCHEMA = """
CREATE TABLE IF NOT EXISTS folder (
  id INTEGER PRIMARY KEY, account TEXT NOT NULL, name TEXT NOT NULL,
  uidvalidity INTEGER NOT NULL, uidnext INTEGER NOT NULL DEFAULT 1,
  UNIQUE (account, name));
CREATE TABLE IF NOT EXISTS message (
  folder INTEGER NOT NULL REFERENCES folder (id), uid INTEGER NOT NULL,
  flags TEXT NOT NULL, arrived INTEGER NOT NULL, message_id TEXT NOT NULL,
  size INTEGER NOT NULL, sha256 TEXT NOT NULL, body INTEGER NOT NULL,
  item INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (folder, uid)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS message_by_body ON message (body);
CREATE TABLE IF NOT EXISTS change (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, folder INTEGER NOT NULL,
  item INTEGER NOT NULL, kind TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS change_of_folder ON change (folder, seq);
CREATE TABLE IF NOT EXISTS body (id INTEGER PRIMARY KEY, content BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS answer (
  id INTEGER PRIMARY KEY, due REAL NOT NULL, account TEXT NOT NULL,
  content BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
"""
# After ITEMS, which a file of an earlier version has to go through first.
LOG = """
CREATE INDEX IF NOT EXISTS message_by_item ON message (item);
CREATE TRIGGER IF NOT EXISTS came AFTER INSERT ON message BEGIN
  INSERT INTO change (folder, item, kind) VALUES (new.folder, new.item, 'came'); END;
CREATE TRIGGER IF NOT EXISTS changed AFTER UPDATE OF flags ON message BEGIN
  INSERT INTO change (folder, item, kind) VALUES (new.folder, new.item, 'changed'); END;
CREATE TRIGGER IF NOT EXISTS left_it AFTER DELETE ON message BEGIN
  INSERT INTO change (folder, item, kind) VALUES (old.folder, old.item, 'left'); END;
"""
ITEMS = """
ALTER TABLE message ADD COLUMN item INTEGER NOT NULL DEFAULT 0;
UPDATE message SET item = numbered.item FROM (
  SELECT folder, uid, row_number() OVER (ORDER BY folder, uid) AS item FROM message)
  AS numbered WHERE message.folder = numbered.folder AND message.uid = numbered.uid;
INSERT OR REPLACE INTO counter SELECT 'item', count(*) FROM message;
"""
