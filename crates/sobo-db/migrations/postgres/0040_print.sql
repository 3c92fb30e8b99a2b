-- The print of a volume: where labels and columns stand on its pages, learned from its first pages (`body`, TOML) and known
-- by its hash. Never changed: the newest of a volume is in force, the others stay for the readings made with them.
CREATE TABLE print (
    volume_id  BIGINT NOT NULL REFERENCES volume (id),
    hash       TEXT NOT NULL,
    body       TEXT NOT NULL,
    created_ms BIGINT NOT NULL,
    PRIMARY KEY (volume_id, hash)
);
ALTER TABLE reading ADD COLUMN print TEXT NOT NULL DEFAULT '';
