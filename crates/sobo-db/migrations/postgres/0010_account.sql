-- People who sign in. Roles and offices are lists, separated by a line feed; offices '*' is every office.
CREATE TABLE account (
    id            BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    login         TEXT NOT NULL UNIQUE,
    name          TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    roles         TEXT NOT NULL,
    offices       TEXT NOT NULL,
    totp_secret   TEXT,
    totp_last     BIGINT NOT NULL DEFAULT 0,
    active        BOOLEAN NOT NULL,
    created_ms    BIGINT NOT NULL
);
-- A session is known by the hash of its token: who reads the table cannot take a session over.
CREATE TABLE session (
    token_hash TEXT PRIMARY KEY,
    account_id BIGINT NOT NULL REFERENCES account (id),
    csrf       TEXT NOT NULL,
    second_ok  BOOLEAN NOT NULL,
    created_ms BIGINT NOT NULL,
    seen_ms    BIGINT NOT NULL
);
CREATE INDEX session_of_account ON session (account_id);
CREATE TABLE sign_in_failure (
    login   TEXT NOT NULL,
    address TEXT NOT NULL,
    at_ms   BIGINT NOT NULL
);
CREATE INDEX sign_in_failure_at ON sign_in_failure (at_ms);
