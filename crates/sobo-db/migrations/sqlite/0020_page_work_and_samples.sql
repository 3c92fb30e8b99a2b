-- What people did to the division of pages into entries, and what takes it back (`body`, JSON).
CREATE TABLE page_work (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    page_id   BIGINT NOT NULL,
    kind      TEXT NOT NULL,
    reason    TEXT NOT NULL,
    person    BIGINT NOT NULL,
    at_ms     BIGINT NOT NULL,
    body      TEXT NOT NULL,
    undone_ms BIGINT,
    undone_by BIGINT
);
CREATE INDEX page_work_of_page ON page_work (page_id);

-- Entries of a rescan and the entries of the scan before whose verified values they took over.
CREATE TABLE carry (
    new_entry BIGINT PRIMARY KEY,
    old_entry BIGINT NOT NULL UNIQUE
);
CREATE INDEX page_superseded ON page (superseded_by);

-- Random samples of verified entries, keyed again blind by another person.
CREATE TABLE quality_sample (
    id                INTEGER PRIMARY KEY AUTOINCREMENT,
    at_ms             BIGINT NOT NULL,
    person            BIGINT NOT NULL,
    -- What was drawn from, in words.
    scope             TEXT NOT NULL,
    all_fields        BOOLEAN NOT NULL,
    -- Share of errors expected and half width of the interval wanted: what the size follows from.
    expected          DOUBLE PRECISION NOT NULL,
    half_width        DOUBLE PRECISION NOT NULL,
    population        BIGINT NOT NULL,
    population_fields BIGINT NOT NULL,
    fields_wanted     BIGINT NOT NULL,
    seed              BIGINT NOT NULL
);
CREATE TABLE sample_draw (
    sample_id      BIGINT NOT NULL REFERENCES quality_sample (id),
    entry_id       BIGINT NOT NULL,
    place          BIGINT NOT NULL,
    person         BIGINT,
    lease_until_ms BIGINT NOT NULL DEFAULT 0,
    done_ms        BIGINT,
    PRIMARY KEY (sample_id, entry_id)
);
CREATE INDEX sample_draw_waiting ON sample_draw (done_ms, sample_id, place);
CREATE INDEX sample_draw_of_entry ON sample_draw (entry_id);
-- What the second reader said of a field, and how it compares. `verdict`: what a supervisor found on the image where the
-- two differ, `record` or `sample`.
CREATE TABLE sample_field (
    sample_id       BIGINT NOT NULL,
    entry_id        BIGINT NOT NULL,
    field           TEXT NOT NULL,
    machine_read    BOOLEAN NOT NULL,
    accepted        BOOLEAN NOT NULL,
    machine_differs BOOLEAN NOT NULL,
    record_differs  BOOLEAN NOT NULL,
    machine_from_record BOOLEAN NOT NULL,
    record_says     TEXT NOT NULL,
    sample_says     TEXT NOT NULL,
    verdict         TEXT,
    PRIMARY KEY (sample_id, entry_id, field)
);
