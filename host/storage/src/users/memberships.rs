//! What a user belongs to and may do: groups, roles, functions.

use argus_domain::ids::{CustomerId, GroupId, UserId};

use crate::directory::functions::FunctionId;
use crate::directory::roles::RoleId;
use crate::error::StorageError;
use crate::row::to_json;
use crate::sql::Sql;
use crate::tx::Tx;

/// Everything a user belongs to and may do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Memberships {
    /// Groups.
    pub groups: Vec<GroupId>,
    /// Roles.
    pub roles: Vec<RoleId>,
    /// Functions, each for a customer or, with none, for every customer.
    pub functions: Vec<(FunctionId, Option<CustomerId>)>,
}

/// Replaces everything that administrators gave a user to belong to and to do; what upstream identity providers gave beside that
/// stays. Entries given twice count once.
///
/// # Errors
/// [`StorageError::Conflict`] without columns when a group, role, function or customer does not exist.
pub async fn replace_memberships(tx: &mut Tx, user: UserId, memberships: &Memberships) -> Result<(), StorageError> {
    for sql in [
        "DELETE FROM group_members WHERE user_id = $1 AND upstream IS NULL",
        "DELETE FROM user_roles WHERE user_id = $1",
        "DELETE FROM function_grants WHERE user_id = $1 AND upstream IS NULL",
    ] {
        tx.execute(sql, &[user.into()]).await?;
    }
    if !memberships.groups.is_empty() {
        let sql = Sql::pair(
            "INSERT INTO group_members (user_id, group_id) SELECT DISTINCT $1, value FROM json_each($2) WHERE true \
             ON CONFLICT (user_id, group_id) DO UPDATE SET upstream = NULL",
            "INSERT INTO group_members (user_id, group_id) SELECT DISTINCT $1, value::bigint FROM json_array_elements_text($2::json) \
             ON CONFLICT (user_id, group_id) DO UPDATE SET upstream = NULL",
        );
        tx.execute(sql, &[user.into(), to_json(&memberships.groups)?.into()]).await?;
    }
    if !memberships.roles.is_empty() {
        let sql = Sql::pair(
            "INSERT INTO user_roles (user_id, role_id) SELECT $1, value FROM json_each($2) WHERE true ON CONFLICT DO NOTHING",
            "INSERT INTO user_roles (user_id, role_id) SELECT $1, value::bigint FROM json_array_elements_text($2::json) \
             ON CONFLICT DO NOTHING",
        );
        let roles: Vec<u64> = memberships.roles.iter().map(|role| role.get()).collect();
        tx.execute(sql, &[user.into(), to_json(&roles)?.into()]).await?;
    }
    if !memberships.functions.is_empty() {
        let sql = Sql::pair(
            "INSERT INTO function_grants (user_id, function_id, customer_id) \
             SELECT $1, json_extract(value, '$[0]'), json_extract(value, '$[1]') FROM json_each($2) WHERE true ON CONFLICT DO NOTHING",
            "INSERT INTO function_grants (user_id, function_id, customer_id) \
             SELECT $1, (value->>0)::bigint, (value->>1)::bigint FROM json_array_elements($2::json) ON CONFLICT DO NOTHING",
        );
        let functions: Vec<(u64, Option<u64>)> =
            memberships.functions.iter().map(|(function, customer)| (function.get(), customer.map(CustomerId::get))).collect();
        tx.execute(sql, &[user.into(), to_json(&functions)?.into()]).await?;
    }
    Ok(())
}

/// Makes a user a member of a group; whether that changed anything.
pub async fn add_to_group(tx: &mut Tx, user: UserId, group: GroupId) -> Result<bool, StorageError> {
    let sql = "INSERT INTO group_members (user_id, group_id) VALUES ($1, $2) \
               ON CONFLICT (user_id, group_id) DO UPDATE SET upstream = NULL WHERE group_members.upstream IS NOT NULL";
    Ok(tx.execute(sql, &[user.into(), group.into()]).await? > 0)
}

/// Ends a user's membership of a group; whether that changed anything.
pub async fn remove_from_group(tx: &mut Tx, user: UserId, group: GroupId) -> Result<bool, StorageError> {
    Ok(tx.execute("DELETE FROM group_members WHERE user_id = $1 AND group_id = $2", &[user.into(), group.into()]).await? > 0)
}

/// Gives a user a role; whether that changed anything.
pub async fn grant_role(tx: &mut Tx, user: UserId, role: RoleId) -> Result<bool, StorageError> {
    let sql = "INSERT INTO user_roles (user_id, role_id) VALUES ($1, $2) ON CONFLICT DO NOTHING";
    Ok(tx.execute(sql, &[user.into(), role.get().into()]).await? > 0)
}

/// Takes a role from a user; whether that changed anything.
pub async fn withdraw_role(tx: &mut Tx, user: UserId, role: RoleId) -> Result<bool, StorageError> {
    Ok(tx.execute("DELETE FROM user_roles WHERE user_id = $1 AND role_id = $2", &[user.into(), role.get().into()]).await? > 0)
}

/// Grants a user a function for a customer or, with none, for every customer; whether that changed anything.
pub async fn grant_function(tx: &mut Tx, user: UserId, function: FunctionId, customer: Option<CustomerId>) -> Result<bool, StorageError> {
    let sql = "INSERT INTO function_grants (user_id, function_id, customer_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
    Ok(tx.execute(sql, &[user.into(), function.get().into(), customer.into()]).await? > 0)
}

/// Withdraws a grant of a function, for exactly that customer (or, with none, the one for every customer); whether that changed
/// anything.
pub async fn withdraw_function(
    tx: &mut Tx,
    user: UserId,
    function: FunctionId,
    customer: Option<CustomerId>,
) -> Result<bool, StorageError> {
    let sql = Sql::pair(
        "DELETE FROM function_grants WHERE user_id = $1 AND function_id = $2 AND customer_id IS $3",
        "DELETE FROM function_grants WHERE user_id = $1 AND function_id = $2 AND customer_id IS NOT DISTINCT FROM $3",
    );
    Ok(tx.execute(sql, &[user.into(), function.get().into(), customer.into()]).await? > 0)
}
