-- Offices whose verified lines may teach the reader; an office without a row does not allow it.
CREATE TABLE teaching_office (
    office     TEXT PRIMARY KEY,
    allowed    BOOLEAN NOT NULL,
    who        TEXT NOT NULL,
    changed_ms BIGINT NOT NULL
);

-- The lines behind a model: ids and digests, no text. `body` is the manifest (JSON), known by its hash.
CREATE TABLE line_set (
    hash    TEXT PRIMARY KEY,
    scope   TEXT NOT NULL,
    taught  BIGINT NOT NULL,
    judging BIGINT NOT NULL,
    body    TEXT NOT NULL,
    made_ms BIGINT NOT NULL
);
CREATE TABLE line_set_entry (
    set_hash TEXT NOT NULL REFERENCES line_set (hash),
    entry_id BIGINT NOT NULL,
    PRIMARY KEY (set_hash, entry_id)
);
CREATE INDEX line_set_of_entry ON line_set_entry (entry_id);
-- Volumes stay what they were, teaching or judging, for every later model.
CREATE TABLE line_set_volume (
    volume_id BIGINT PRIMARY KEY,
    held_out  BOOLEAN NOT NULL
);

-- Readers taught here. `card` is JSON; `folder` is below the store's folder.
CREATE TABLE model (
    id       TEXT PRIMARY KEY,
    scope    TEXT NOT NULL,
    set_hash TEXT NOT NULL REFERENCES line_set (hash),
    folder   TEXT NOT NULL,
    card     TEXT NOT NULL,
    -- Verdict of its judgement, empty until it is judged.
    verdict  TEXT NOT NULL,
    made_ms  BIGINT NOT NULL
);

-- Append-only: which model reads a scope from when on; none is the shipped one. The last row of a scope counts.
CREATE TABLE promotion (
    sequence BIGINT PRIMARY KEY,
    scope    TEXT NOT NULL,
    model    TEXT REFERENCES model (id),
    previous TEXT,
    who      TEXT NOT NULL,
    reason   TEXT NOT NULL,
    at_ms    BIGINT NOT NULL
);
CREATE INDEX promotion_of_scope ON promotion (scope, sequence);
INSERT INTO counter (name, value) VALUES ('promotion', 0);
CREATE TRIGGER promotion_is_not_changed BEFORE UPDATE OR DELETE ON promotion
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER promotion_is_not_truncated BEFORE TRUNCATE ON promotion
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- How often people disagreed with values offered as right, per week and volume.
CREATE TABLE drift (
    volume_id BIGINT NOT NULL,
    week      BIGINT NOT NULL,
    compared  BIGINT NOT NULL,
    differing BIGINT NOT NULL,
    PRIMARY KEY (volume_id, week)
);
