-- Pictures of users; whoever has none is shown by initials.
CREATE TABLE user_pictures (
    user_id BIGINT PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    content_type {key} NOT NULL,
    bytes {blob} NOT NULL
);
