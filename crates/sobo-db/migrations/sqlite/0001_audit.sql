-- Counters whose values have no gaps: a value taken is rolled back with its transaction.
CREATE TABLE counter (
    name  TEXT PRIMARY KEY,
    value BIGINT NOT NULL
);
INSERT INTO counter (name, value) VALUES ('change', 0), ('audit', 0);

CREATE TABLE setting (
    name       TEXT PRIMARY KEY,
    value      TEXT NOT NULL,
    changed_ms BIGINT NOT NULL
);

-- What changed, in the order it became visible.
CREATE TABLE change (
    sequence   BIGINT PRIMARY KEY,
    subject    TEXT NOT NULL,
    subject_id BIGINT NOT NULL,
    at_ms      BIGINT NOT NULL
);

-- Append-only, hash-chained: crates/sobo-db/src/audit.rs says what the hash covers.
CREATE TABLE audit (
    sequence      BIGINT PRIMARY KEY,
    at_ms         BIGINT NOT NULL,
    who           TEXT NOT NULL,
    what          TEXT NOT NULL,
    subjects      TEXT NOT NULL,
    reason        TEXT NOT NULL,
    details       TEXT NOT NULL,
    previous_hash TEXT NOT NULL,
    hash          TEXT NOT NULL
);
-- The words of audit.subjects, to find the history of one entry.
CREATE TABLE audit_subject (
    subject  TEXT NOT NULL,
    sequence BIGINT NOT NULL,
    PRIMARY KEY (subject, sequence)
);
CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit
BEGIN
    SELECT RAISE(ABORT, 'the audit is append-only');
END;
CREATE TRIGGER audit_is_not_deleted BEFORE DELETE ON audit
BEGIN
    SELECT RAISE(ABORT, 'the audit is append-only');
END;
