-- One row for each entry under verification. What is true is the entry's reading (sheet) and its deeds; stage, values,
-- people and attention repeat what replaying them gives, so that queues and search need not replay.
CREATE TABLE record (
    entry_id        BIGINT PRIMARY KEY,
    page_id         BIGINT NOT NULL,
    volume_id       BIGINT NOT NULL,
    office          TEXT NOT NULL,
    form            TEXT NOT NULL,
    place           BIGINT NOT NULL,
    chain           TEXT NOT NULL,
    draw            BIGINT NOT NULL,
    sheet           TEXT NOT NULL,
    stage           TEXT NOT NULL,
    fields_accepted BIGINT NOT NULL,
    fields_read     BIGINT NOT NULL,
    attention       BIGINT NOT NULL,
    -- Accounts that acted in this round, ' 3 7 ': they may not act again.
    people          TEXT NOT NULL,
    -- Accounts that saw its values: they may not read it blind.
    seen            TEXT NOT NULL DEFAULT '  ',
    deeds           BIGINT NOT NULL DEFAULT 0,
    stage_ms        BIGINT NOT NULL,
    lease_person    BIGINT,
    lease_until_ms  BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX record_of_volume ON record (volume_id, stage, place);
CREATE INDEX record_queue ON record (stage, place);
CREATE INDEX record_of_page ON record (page_id);

-- Append-only: what happened to a record, in order.
CREATE TABLE verification_deed (
    entry_id BIGINT NOT NULL REFERENCES record (entry_id),
    sequence BIGINT NOT NULL,
    person   BIGINT NOT NULL,
    event    TEXT NOT NULL,
    step     TEXT NOT NULL,
    at_ms    BIGINT NOT NULL,
    deed     TEXT NOT NULL,
    PRIMARY KEY (entry_id, sequence)
);
CREATE INDEX verification_deed_at ON verification_deed (at_ms);
CREATE TRIGGER verification_deed_is_not_changed BEFORE UPDATE ON verification_deed
BEGIN
    SELECT RAISE(ABORT, 'the history of verification is append-only');
END;
CREATE TRIGGER verification_deed_is_not_deleted BEFORE DELETE ON verification_deed
BEGIN
    SELECT RAISE(ABORT, 'the history of verification is append-only');
END;

-- How often two people (or the machine and a person) said the same of a field, counted as the second submits.
CREATE TABLE tally (
    volume_id BIGINT NOT NULL,
    field     TEXT NOT NULL,
    step      TEXT NOT NULL,
    person    BIGINT NOT NULL,
    accepted  BOOLEAN NOT NULL,
    compared  BIGINT NOT NULL,
    differing BIGINT NOT NULL,
    PRIMARY KEY (volume_id, field, step, person, accepted)
);

-- What a person has typed and not yet submitted.
CREATE TABLE draft (
    entry_id BIGINT NOT NULL,
    person   BIGINT NOT NULL,
    saved_ms BIGINT NOT NULL,
    body     TEXT NOT NULL,
    PRIMARY KEY (entry_id, person)
);

-- What people found wrong with a page, and what came of it.
CREATE TABLE page_note (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    page_id    BIGINT NOT NULL,
    entry_id   BIGINT,
    kind       TEXT NOT NULL,
    reason     TEXT NOT NULL,
    person     BIGINT NOT NULL,
    at_ms      BIGINT NOT NULL,
    closed_ms  BIGINT,
    closed_by  BIGINT
);
CREATE INDEX page_note_of_page ON page_note (page_id);
CREATE INDEX page_note_open ON page_note (kind, closed_ms);
