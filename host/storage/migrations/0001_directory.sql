-- Who the users are, whom they belong to and what they may do.

CREATE TABLE domains (
    id {number},
    shortname {key} NOT NULL UNIQUE,
    name TEXT NOT NULL
);

CREATE TABLE customers (
    id {number},
    domain_id BIGINT NOT NULL REFERENCES domains (id),
    shortname {key} NOT NULL UNIQUE,
    name TEXT NOT NULL
);
CREATE INDEX customers_domain ON customers (domain_id);

CREATE TABLE directory_groups (
    id {identity},
    shortname {key} NOT NULL UNIQUE,
    name TEXT NOT NULL
);

CREATE TABLE roles (
    id {identity},
    name {key} NOT NULL UNIQUE
);

CREATE TABLE functions (
    id {identity},
    name {key} NOT NULL UNIQUE,
    description TEXT NOT NULL
);

CREATE TABLE users (
    id {identity},
    subject {key} NOT NULL UNIQUE,
    username TEXT NOT NULL,
    -- the user name in lower case: what sign-in looks for
    username_key {key} NOT NULL UNIQUE,
    name TEXT NOT NULL,
    email TEXT,
    email_verified BIGINT NOT NULL CHECK (email_verified IN (0, 1)),
    phone TEXT,
    phone_verified BIGINT NOT NULL CHECK (phone_verified IN (0, 1)),
    customer_id BIGINT REFERENCES customers (id),
    password_hash TEXT,
    admin BIGINT NOT NULL CHECK (admin IN (0, 1)),
    enabled BIGINT NOT NULL CHECK (enabled IN (0, 1)),
    -- JSON: name to list of strings
    attributes TEXT NOT NULL,
    picture_key {key} NOT NULL UNIQUE,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX users_customer ON users (customer_id);

CREATE TABLE group_members (
    user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    group_id BIGINT NOT NULL REFERENCES directory_groups (id) ON DELETE CASCADE,
    PRIMARY KEY (user_id, group_id)
) {keyed};
CREATE INDEX group_members_group ON group_members (group_id);

CREATE TABLE user_roles (
    user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    role_id BIGINT NOT NULL REFERENCES roles (id) ON DELETE CASCADE,
    PRIMARY KEY (user_id, role_id)
) {keyed};
CREATE INDEX user_roles_role ON user_roles (role_id);

CREATE TABLE function_grants (
    user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    function_id BIGINT NOT NULL REFERENCES functions (id) ON DELETE CASCADE,
    -- none: for every customer
    customer_id BIGINT REFERENCES customers (id) ON DELETE CASCADE
);
-- Two, because a unique index takes one absent value for different from another.
CREATE UNIQUE INDEX function_grants_one_customer ON function_grants (user_id, function_id, customer_id) WHERE customer_id IS NOT NULL;
CREATE UNIQUE INDEX function_grants_every_customer ON function_grants (user_id, function_id) WHERE customer_id IS NULL;
CREATE INDEX function_grants_user ON function_grants (user_id);
CREATE INDEX function_grants_function ON function_grants (function_id);
CREATE INDEX function_grants_customer ON function_grants (customer_id);
