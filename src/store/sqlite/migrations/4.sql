-- A password is taken away by its id.
CREATE INDEX credentials_by_password ON credentials (json_extract(document, '$.password.password_id'));

PRAGMA user_version = 4;
