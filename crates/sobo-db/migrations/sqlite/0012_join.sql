-- Whether a page was held against the page before it since either of them was last read: ditto marks of its first rows,
-- the number that runs on (crates/sobo-db/src/join.rs).
ALTER TABLE page ADD COLUMN joined BOOLEAN NOT NULL DEFAULT FALSE;
CREATE INDEX page_to_join ON page (volume_id, sequence) WHERE NOT joined;
