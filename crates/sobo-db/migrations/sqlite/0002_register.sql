INSERT INTO counter (name, value) VALUES ('volume', 0), ('batch', 0), ('file', 0), ('page', 0);

-- A bound book. Three facts of place: the office as written, the office as of that date, the present custodian.
CREATE TABLE volume (
    id              INTEGER PRIMARY KEY,
    name            TEXT NOT NULL UNIQUE,
    office          TEXT NOT NULL,
    office_at_date  TEXT NOT NULL,
    custodian       TEXT NOT NULL,
    register_type   TEXT NOT NULL,
    form            TEXT NOT NULL,
    year_from       BIGINT NOT NULL,
    year_to         BIGINT NOT NULL,
    -- The descriptor as a value (JSON) and exactly as it was written (TOML).
    descriptor      TEXT NOT NULL,
    descriptor_text TEXT NOT NULL,
    created_ms      BIGINT NOT NULL
);

-- What the vault holds, and when it was last found intact.
CREATE TABLE original (
    sha256     TEXT PRIMARY KEY,
    bytes      BIGINT NOT NULL,
    stored_ms  BIGINT NOT NULL,
    checked_ms BIGINT,
    fixity     TEXT
);

-- One intake into a volume; it stays open until its last file is recorded.
CREATE TABLE batch (
    id        INTEGER PRIMARY KEY,
    volume_id BIGINT NOT NULL REFERENCES volume (id),
    label     TEXT NOT NULL,
    opened_by TEXT NOT NULL,
    opened_ms BIGINT NOT NULL,
    closed_ms BIGINT
);
CREATE INDEX batch_of_volume ON batch (volume_id, label);

-- Every file that was handed in and what became of it.
CREATE TABLE intake_file (
    id           INTEGER PRIMARY KEY,
    batch_id     BIGINT NOT NULL REFERENCES batch (id),
    volume_id    BIGINT NOT NULL REFERENCES volume (id),
    source       TEXT NOT NULL,
    sha256       TEXT,
    bytes        BIGINT,
    outcome      TEXT NOT NULL,
    reason       TEXT NOT NULL,
    duplicate_of BIGINT REFERENCES intake_file (id),
    pages        BIGINT NOT NULL,
    at_ms        BIGINT NOT NULL
);
CREATE INDEX intake_file_by_content ON intake_file (sha256);
CREATE INDEX intake_file_by_source ON intake_file (volume_id, source);
CREATE INDEX intake_file_of_batch ON intake_file (batch_id);

CREATE TABLE page (
    id            INTEGER PRIMARY KEY,
    volume_id     BIGINT NOT NULL REFERENCES volume (id),
    file_id       BIGINT NOT NULL REFERENCES intake_file (id),
    original      TEXT NOT NULL REFERENCES original (sha256),
    page_index    BIGINT NOT NULL,
    -- Place in the volume, from 1.
    sequence      BIGINT NOT NULL,
    source        TEXT NOT NULL,
    width         BIGINT,
    height        BIGINT,
    dpi           DOUBLE PRECISION,
    state         TEXT NOT NULL,
    reasons       TEXT NOT NULL,
    form          TEXT NOT NULL,
    -- Form a person demands in place of the volume's.
    form_wanted   TEXT,
    provenance    TEXT,
    elapsed_ms    BIGINT,
    read_ms       BIGINT,
    superseded_by BIGINT REFERENCES page (id),
    UNIQUE (volume_id, original, page_index)
);
CREATE INDEX page_in_order ON page (volume_id, sequence);
CREATE INDEX page_by_state ON page (state, volume_id);

-- Pages that wait to be read or are being read. A finished page has no row.
CREATE TABLE job (
    page_id        INTEGER PRIMARY KEY REFERENCES page (id),
    priority       BIGINT NOT NULL,
    attempts       BIGINT NOT NULL,
    lease_owner    TEXT,
    lease_until_ms BIGINT
);
CREATE INDEX job_queue ON job (priority, page_id);

-- What the pipeline said of a page: one for each provenance, never changed.
CREATE TABLE reading (
    page_id    BIGINT NOT NULL REFERENCES page (id),
    provenance TEXT NOT NULL,
    model      TEXT NOT NULL,
    form       TEXT NOT NULL,
    settings   TEXT NOT NULL,
    version    TEXT NOT NULL,
    body       TEXT NOT NULL,
    elapsed_ms BIGINT NOT NULL,
    at_ms      BIGINT NOT NULL,
    PRIMARY KEY (page_id, provenance)
);

-- Acts. The id is page id × 10 000 + place on the page over all readings, so the same input gives the same ids.
CREATE TABLE entry (
    id            INTEGER PRIMARY KEY,
    page_id       BIGINT NOT NULL REFERENCES page (id),
    volume_id     BIGINT NOT NULL REFERENCES volume (id),
    -- Place on the page among the current entries, from 1.
    place         BIGINT NOT NULL,
    -- The reading it came from; none where a person added it.
    provenance    TEXT,
    state         TEXT NOT NULL,
    register_type TEXT NOT NULL,
    x             BIGINT NOT NULL,
    y             BIGINT NOT NULL,
    width         BIGINT NOT NULL,
    height        BIGINT NOT NULL,
    -- `entry_number` as read, for gaps and repeats.
    entry_number  TEXT,
    fields        BIGINT NOT NULL,
    accepted      BIGINT NOT NULL,
    lacunae       BIGINT NOT NULL,
    -- Expected number of wrong fields among those not accepted.
    doubt         DOUBLE PRECISION NOT NULL,
    created_ms    BIGINT NOT NULL
);
CREATE INDEX entry_of_page ON entry (page_id, state, place);
CREATE INDEX entry_of_volume ON entry (volume_id, state);

CREATE TABLE field (
    entry_id   BIGINT NOT NULL REFERENCES entry (id),
    -- Place in the form, from 0.
    place      BIGINT NOT NULL,
    name       TEXT NOT NULL,
    text       TEXT NOT NULL,
    value      TEXT,
    lacuna     TEXT,
    x          BIGINT NOT NULL,
    y          BIGINT NOT NULL,
    width      BIGINT NOT NULL,
    height     BIGINT NOT NULL,
    confidence DOUBLE PRECISION NOT NULL,
    accepted   BOOLEAN NOT NULL,
    reader     TEXT NOT NULL,
    -- JSON arrays.
    candidates TEXT NOT NULL,
    checks     TEXT NOT NULL,
    lines      TEXT NOT NULL,
    PRIMARY KEY (entry_id, name)
);

CREATE TRIGGER reading_is_not_changed BEFORE UPDATE ON reading
BEGIN
    SELECT RAISE(ABORT, 'readings are append-only');
END;
CREATE TRIGGER reading_is_not_deleted BEFORE DELETE ON reading
BEGIN
    SELECT RAISE(ABORT, 'readings are append-only');
END;
