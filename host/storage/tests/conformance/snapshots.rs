//! The snapshot of a user: one query returns what was stored, sorted alike on both engines.

use argus_domain::directory::{FunctionGrant, Named};
use argus_domain::ids::{CustomerId, DomainId, GroupId, SubjectIdentifier, UserId};
use argus_storage::functions::FunctionId;
use argus_storage::roles::RoleId;
use argus_storage::users::{self, Memberships, NewUser, UserProfile};
use argus_storage::{Store, customers, domains, functions, groups, roles};

use crate::database::Database;
use crate::samples::{NOW, add_user, assert_conflict, new_user};

on_both_engines!(
    a_snapshot_holds_everything_that_was_stored,
    a_snapshot_of_a_bare_user_is_bare,
    every_way_to_a_snapshot_gives_the_same,
    snapshots_are_listed_page_by_page,
    a_membership_is_added_and_ended_once,
    a_function_is_granted_once_per_customer_and_once_for_all,
    replacing_memberships_leaves_nothing_of_the_old,
    a_membership_of_what_does_not_exist_is_refused_as_a_whole,
    a_deleted_group_is_in_no_snapshot,
);

struct World {
    groups: Vec<GroupId>,
    roles: Vec<RoleId>,
    functions: Vec<FunctionId>,
}

const CUSTOMER: CustomerId = CustomerId::new(7);
const OTHER_CUSTOMER: CustomerId = CustomerId::new(8);

/// A domain, two customers, and three of everything, added in no order.
async fn world(store: &Store) -> World {
    commit!(store, tx, [], domains::upsert(tx, Some(DomainId::new(3)), "acme", "Acme")).await.unwrap();
    for (id, shortname) in [(CUSTOMER, "first"), (OTHER_CUSTOMER, "second")] {
        commit!(store, tx, [], customers::upsert(tx, Some(id), DomainId::new(3), shortname, "A customer")).await.unwrap();
    }
    let mut world = World { groups: vec![], roles: vec![], functions: vec![] };
    for name in ["z", "a", "M"] {
        world.groups.push(GroupId::new(commit!(store, tx, [], groups::upsert(tx, name, "A \"group\"")).await.unwrap().id));
        world.roles.push(commit!(store, tx, [], roles::upsert(tx, name)).await.unwrap().id);
        world.functions.push(commit!(store, tx, [], functions::upsert(tx, name, "")).await.unwrap().id);
    }
    world
}

async fn replace(store: &Store, user: UserId, memberships: &Memberships) {
    let memberships = memberships.clone();
    commit!(store, tx, [memberships], users::replace_memberships(tx, user, &memberships)).await.unwrap();
}

/// Everything, and all of it twice.
fn everything(world: &World) -> Memberships {
    let functions = world.functions.iter().flat_map(|function| {
        let function = *function;
        [Some(OTHER_CUSTOMER), None, Some(CUSTOMER), None, Some(CUSTOMER)].map(|customer| (function, customer))
    });
    Memberships { groups: world.groups.repeat(2), roles: world.roles.repeat(2), functions: functions.collect() }
}

async fn a_snapshot_holds_everything_that_was_stored(database: Database) {
    let store = database.store().await;
    let world = world(&store).await;
    let profile = UserProfile {
        username: "Alice".to_owned(),
        name: "Alice \\ 🦉".to_owned(),
        email: Some("alice@example.com".to_owned()),
        email_verified: true,
        phone: Some("+47".to_owned()),
        phone_verified: true,
        customer: Some(CUSTOMER),
        admin: true,
        enabled: true,
        attributes: [("department".to_owned(), vec!["Cases".to_owned()])].into(),
    };
    let user = NewUser { profile: profile.clone(), ..new_user("Alice") };
    let id = commit!(store, tx, [user], users::insert(tx, &user, NOW)).await.unwrap();
    replace(&store, id, &everything(&world)).await;

    let found = ask!(store, users::snapshot, id).unwrap();
    assert_eq!((found.id, &found.subject, &found.picture_key), (id, &user.subject, &user.picture_key));
    assert_eq!((found.username, found.name), (profile.username, profile.name));
    assert_eq!((found.email, found.email_verified), (profile.email, true));
    assert_eq!((found.phone, found.phone_verified), (profile.phone, true));
    assert_eq!((found.admin, found.enabled, found.attributes), (true, true, profile.attributes));
    let named = |id: u64, shortname: &str, name: &str| Named { id, shortname: shortname.to_owned(), name: name.to_owned() };
    assert_eq!(found.customer, Some(named(7, "first", "A customer")));
    assert_eq!(found.domain, Some(named(3, "acme", "Acme")));
    let group = |index: usize, shortname| named(world.groups[index].get(), shortname, "A \"group\"");
    assert_eq!(found.groups, [group(2, "M"), group(1, "a"), group(0, "z")]);
    assert_eq!(found.roles, ["M", "a", "z"]);
    let granted = |function: &str| [None, Some(7), Some(8)].map(|customer| FunctionGrant { function: function.to_owned(), customer });
    assert_eq!(found.functions, [granted("M"), granted("a"), granted("z")].concat());
}

async fn a_snapshot_of_a_bare_user_is_bare(database: Database) {
    let store = database.store().await;
    world(&store).await;
    let id = add_user(&store, "alice").await;
    let found = ask!(store, users::snapshot, id).unwrap();
    assert_eq!((found.email, found.phone, found.customer, found.domain), (None, None, None, None));
    assert!(found.groups.is_empty() && found.roles.is_empty() && found.functions.is_empty() && found.attributes.is_empty());
    assert_eq!((found.email_verified, found.phone_verified, found.admin, found.enabled), (false, false, false, true));
}

async fn every_way_to_a_snapshot_gives_the_same(database: Database) {
    let store = database.store().await;
    let world = world(&store).await;
    let id = add_user(&store, "alice").await;
    replace(&store, id, &everything(&world)).await;
    let found = ask!(store, users::snapshot, id);
    assert!(found.is_some());
    assert_eq!(ask!(store, users::snapshot_by_subject, &SubjectIdentifier::new("subject of alice")), found);
    assert_eq!(ask!(store, users::snapshot_by_username, "ALICE"), found);
    assert_eq!(ask!(store, users::list_snapshots, None, 10).pop(), found);
    assert_eq!(ask!(store, users::snapshot, UserId::new(id.get() + 1)), None);
    assert_eq!(ask!(store, users::snapshot_by_subject, &SubjectIdentifier::new("nobody")), None);
}

async fn snapshots_are_listed_page_by_page(database: Database) {
    let store = database.store().await;
    let mut ids = Vec::new();
    for name in ["c", "b", "a"] {
        ids.push(add_user(&store, name).await);
    }
    let page = |after, limit| async move {
        ask!(store, users::list_snapshots, after, limit).into_iter().map(|snapshot| snapshot.id).collect::<Vec<_>>()
    };
    let (first, second) = (ids[0], ids[1]);
    assert_eq!(page.clone()(None, 2).await, ids[..2]);
    assert_eq!(page.clone()(Some(first), 2).await, ids[1..]);
    assert_eq!(page(Some(second), 2).await, ids[2..]);
}

async fn a_membership_is_added_and_ended_once(database: Database) {
    let store = database.store().await;
    let world = world(&store).await;
    let (user, other) = (add_user(&store, "alice").await, add_user(&store, "bob").await);
    let (group, role) = (world.groups[0], world.roles[0]);
    replace(&store, other, &everything(&world)).await;
    for changed in [true, false] {
        assert_eq!(commit!(store, tx, [], users::add_to_group(tx, user, group)).await.unwrap(), changed);
        assert_eq!(commit!(store, tx, [], users::grant_role(tx, user, role)).await.unwrap(), changed);
    }
    let found = ask!(store, users::snapshot, user).unwrap();
    assert_eq!((found.groups.len(), found.roles), (1, vec!["z".to_owned()]));
    for changed in [true, false] {
        assert_eq!(commit!(store, tx, [], users::remove_from_group(tx, user, group)).await.unwrap(), changed);
        assert_eq!(commit!(store, tx, [], users::withdraw_role(tx, user, role)).await.unwrap(), changed);
    }
    let found = ask!(store, users::snapshot, user).unwrap();
    assert!(found.groups.is_empty() && found.roles.is_empty());
    let found = ask!(store, users::snapshot, other).unwrap();
    assert_eq!((found.groups.len(), found.roles.len()), (3, 3), "another user's stay");
}

async fn a_function_is_granted_once_per_customer_and_once_for_all(database: Database) {
    let store = database.store().await;
    let world = world(&store).await;
    let user = add_user(&store, "alice").await;
    let function = world.functions[0];
    let ways = [None, Some(CUSTOMER), Some(OTHER_CUSTOMER)];
    for changed in [true, false] {
        for customer in ways {
            assert_eq!(commit!(store, tx, [], users::grant_function(tx, user, function, customer)).await.unwrap(), changed);
        }
    }
    for (gone, customer) in (1..).zip(ways) {
        assert!(commit!(store, tx, [], users::withdraw_function(tx, user, function, customer)).await.unwrap());
        assert!(!commit!(store, tx, [], users::withdraw_function(tx, user, function, customer)).await.unwrap());
        let left: Vec<_> = ask!(store, users::snapshot, user).unwrap().functions.into_iter().map(|grant| grant.customer).collect();
        assert_eq!(left, [None, Some(7), Some(8)][gone..], "exactly that one is withdrawn");
    }
}

async fn replacing_memberships_leaves_nothing_of_the_old(database: Database) {
    let store = database.store().await;
    let world = world(&store).await;
    let user = add_user(&store, "alice").await;
    replace(&store, user, &everything(&world)).await;
    let only =
        Memberships { groups: vec![world.groups[1]], roles: vec![world.roles[1]], functions: vec![(world.functions[1], Some(CUSTOMER))] };
    replace(&store, user, &only).await;
    let found = ask!(store, users::snapshot, user).unwrap();
    assert_eq!(found.groups.iter().map(|group| group.shortname.as_str()).collect::<Vec<_>>(), ["a"]);
    assert_eq!(found.roles, ["a"]);
    assert_eq!(found.functions, [FunctionGrant { function: "a".to_owned(), customer: Some(7) }]);
    replace(&store, user, &Memberships::default()).await;
    let found = ask!(store, users::snapshot, user).unwrap();
    assert!(found.groups.is_empty() && found.roles.is_empty() && found.functions.is_empty());
}

async fn a_membership_of_what_does_not_exist_is_refused_as_a_whole(database: Database) {
    let store = database.store().await;
    let world = world(&store).await;
    let user = add_user(&store, "alice").await;
    replace(&store, user, &everything(&world)).await;
    let before = ask!(store, users::snapshot, user);
    let missing = Memberships { groups: vec![world.groups[0], GroupId::new(999)], ..Memberships::default() };
    assert_conflict(commit!(store, tx, [missing], users::replace_memberships(tx, user, &missing)).await, "");
    assert_conflict(commit!(store, tx, [], users::add_to_group(tx, user, GroupId::new(999))).await, "");
    assert_conflict(commit!(store, tx, [], users::grant_role(tx, user, RoleId::new(999))).await, "");
    let nobodys = Some(CustomerId::new(999));
    assert_conflict(commit!(store, tx, [], users::grant_function(tx, user, FunctionId::new(1), nobodys)).await, "");
    assert_eq!(ask!(store, users::snapshot, user), before);
}

async fn a_deleted_group_is_in_no_snapshot(database: Database) {
    let store = database.store().await;
    let world = world(&store).await;
    let user = add_user(&store, "alice").await;
    replace(&store, user, &everything(&world)).await;
    commit!(store, tx, [], groups::delete(tx, "a")).await.unwrap();
    let left: Vec<_> = ask!(store, users::snapshot, user).unwrap().groups.into_iter().map(|group| group.shortname).collect();
    assert_eq!(left, ["M", "z"]);
}
