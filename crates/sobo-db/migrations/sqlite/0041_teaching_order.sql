-- What verifying an entry would teach the reader, beside the other untouched entries of its volume; below zero: not
-- weighed yet. The queue can put forward the entries that would teach most.
ALTER TABLE record ADD COLUMN teaches BIGINT NOT NULL DEFAULT -1;
CREATE INDEX record_not_weighed ON record (volume_id) WHERE teaches < 0;
CREATE INDEX record_by_teaching ON record (stage, teaches DESC, place);
