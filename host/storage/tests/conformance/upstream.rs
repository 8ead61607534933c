//! Upstream identity providers: what is used is used once, on whichever node, and what a connection gives stays its own.

use argus_domain::directory::FunctionGrant;
use argus_domain::ids::GroupId;
use argus_domain::secret::SecretHash;
use argus_domain::upstream::UpstreamIdpSettings;
use argus_storage::upstream::idps;
use argus_storage::upstream::links::{self, UpstreamLink};
use argus_storage::upstream::refusals::{self, UpstreamRefusal};
use argus_storage::upstream::requests::{self, UpstreamRequest};
use argus_storage::users::{self, Memberships};
use argus_storage::{Store, functions, groups, maintenance};
use futures_util::future::join_all;
use serde_json::json;

use crate::database::Database;
use crate::samples::{MINUTE, NOW, add_user};

on_both_engines!(
    a_connection_comes_back_as_it_was_stored,
    of_racers_at_two_nodes_one_redeems,
    one_address_is_remembered_so_often,
    memberships_of_a_connection_are_its_own,
    a_deleted_connection_takes_what_it_gave,
    the_latest_refusals_are_kept,
    what_has_expired_is_swept,
);

fn settings(slug: &str) -> UpstreamIdpSettings {
    serde_json::from_value(json!({"slug": slug, "kind": "saml", "name": slug, "metadata": "<x/>"})).unwrap()
}

async fn with_connections(database: &Database) -> Store {
    let store = database.store().await;
    for slug in ["acme", "other"] {
        let settings = settings(slug);
        commit!(store, tx, [settings], idps::upsert(tx, &settings, None, NOW)).await.unwrap();
    }
    store
}

fn request(handle: &str, address: &str) -> UpstreamRequest {
    UpstreamRequest {
        handle_hash: SecretHash::of(handle),
        slug: "acme".to_owned(),
        address: address.to_owned(),
        sealed: vec![1, 2, 3],
        expires_at: NOW.after(MINUTE),
    }
}

async fn a_connection_comes_back_as_it_was_stored(database: Database) {
    let store = with_connections(&database).await;
    let changed = UpstreamIdpSettings { enabled: false, ..settings("acme") };
    commit!(store, tx, [changed], idps::upsert(tx, &changed, Some(&[7]), NOW)).await.unwrap();
    // Metadata that wait are forgotten with the settings that they were compared with; the secret is not.
    assert!(commit!(store, tx, [], idps::offer(tx, "acme", Some("<new/>"))).await.unwrap());
    assert!(!commit!(store, tx, [], idps::offer(tx, "acme", Some("<new/>"))).await.unwrap());
    assert_eq!(ask!(store, idps::find, "acme").unwrap().offered_metadata.as_deref(), Some("<new/>"));
    commit!(store, tx, [changed], idps::upsert(tx, &changed, None, NOW)).await.unwrap();
    let stored = ask!(store, idps::find, "acme").unwrap();
    assert_eq!((stored.settings, stored.client_secret_sealed, stored.offered_metadata), (changed, Some(vec![7]), None));
    let slugs: Vec<_> = idps::list(&mut store.read().await.unwrap()).await.unwrap().into_iter().map(|idp| idp.settings.slug).collect();
    assert_eq!(slugs, ["acme", "other"]);
    // One node in an hour asks for metadata.
    let (hour_ago, now) = (NOW.before(MINUTE * 60), NOW);
    assert!(commit!(store, tx, [], idps::begin_fetch(tx, "acme", hour_ago, now)).await.unwrap());
    assert!(!commit!(store, tx, [], idps::begin_fetch(tx, "acme", hour_ago, now)).await.unwrap());
}

async fn of_racers_at_two_nodes_one_redeems(database: Database) {
    let nodes = [with_connections(&database).await, database.node("two").await];
    let (first, live) = (request("handle", "a"), nodes[0].clone());
    assert!(commit!(live, tx, [first], requests::insert(tx, &first, NOW, 10)).await.unwrap());
    assert_eq!(ask!(live, requests::find, "acme", &SecretHash::of("handle")), Some(first));
    assert_eq!(ask!(live, requests::find, "other", &SecretHash::of("handle")), None);
    let racers = (0..16).map(|racer| {
        let store = nodes[racer % 2].clone();
        tokio::spawn(async move {
            let handle = SecretHash::of("handle");
            let redeemed = commit!(store, tx, [handle], requests::redeem(tx, &handle)).await.unwrap();
            let until = NOW.after(MINUTE);
            (redeemed, commit!(store, tx, [handle], requests::redeem_assertion(tx, "acme", &handle, until)).await.unwrap())
        })
    });
    let outcomes: Vec<_> = join_all(racers).await.into_iter().map(Result::unwrap).collect();
    assert_eq!(outcomes.iter().filter(|(redeemed, _)| *redeemed).count(), 1);
    assert_eq!(outcomes.iter().filter(|(_, redeemed)| *redeemed).count(), 1);
    // The same ID of another identity provider is another assertion.
    let (handle, until) = (SecretHash::of("handle"), NOW.after(MINUTE));
    assert!(commit!(live, tx, [handle], requests::redeem_assertion(tx, "other", &handle, until)).await.unwrap());
}

async fn one_address_is_remembered_so_often(database: Database) {
    let store = with_connections(&database).await;
    for (handle, address, expected) in [("1", "a", true), ("2", "a", true), ("3", "a", false), ("4", "b", true)] {
        let request = request(handle, address);
        assert_eq!(commit!(store, tx, [request], requests::insert(tx, &request, NOW, 2)).await.unwrap(), expected, "{handle}");
    }
    let later = request("5", "a");
    assert!(commit!(store, tx, [later], requests::insert(tx, &later, NOW.after(MINUTE), 2)).await.unwrap(), "those before have expired");
}

async fn memberships_of_a_connection_are_its_own(database: Database) {
    let store = with_connections(&database).await;
    let user = add_user(&store, "erin").await;
    let mut ids = Vec::new();
    for name in ["one", "two", "three"] {
        ids.push(GroupId::new(commit!(store, tx, [], groups::upsert(tx, name, name)).await.unwrap().id));
    }
    let function = commit!(store, tx, [], functions::upsert(tx, "read", "")).await.unwrap().id;
    let seen = async || {
        let user = ask!(store, users::snapshot, user).unwrap();
        let groups: Vec<_> = user.groups.into_iter().map(|group| group.shortname).collect();
        (groups.join(" "), user.federated.groups.join(" "), user.functions.len(), user.federated.functions.len())
    };
    let (one, two, three) = (ids[0], ids[1], ids[2]);
    let given = Memberships { groups: vec![one], roles: Vec::new(), functions: vec![(function, None)] };
    commit!(store, tx, [given], users::replace_memberships(tx, user, &given)).await.unwrap();
    commit!(store, tx, [], links::replace_memberships(tx, "acme", user, &[one, two], &[(function, None)])).await.unwrap();
    commit!(store, tx, [], links::replace_memberships(tx, "other", user, &[three], &[])).await.unwrap();
    // What an administrator gave is the administrator's, though the connection gives it too.
    assert_eq!(seen().await, ("one three two".to_owned(), "three two".to_owned(), 1, 0));
    commit!(store, tx, [], links::replace_memberships(tx, "acme", user, &[], &[])).await.unwrap();
    assert_eq!(seen().await, ("one three".to_owned(), "three".to_owned(), 1, 0));
    commit!(store, tx, [], links::replace_memberships(tx, "acme", user, &[two], &[(function, None)])).await.unwrap();
    let none = Memberships::default();
    commit!(store, tx, [none], users::replace_memberships(tx, user, &none)).await.unwrap();
    assert_eq!(seen().await, ("three two".to_owned(), "three two".to_owned(), 1, 1));
    assert_eq!(
        ask!(store, users::snapshot, user).unwrap().federated.functions,
        [FunctionGrant { function: "read".into(), customer: None }]
    );
    // An administrator who gives what a connection gave makes it their own.
    let given = Memberships { groups: vec![two], ..Memberships::default() };
    commit!(store, tx, [given], users::replace_memberships(tx, user, &given)).await.unwrap();
    assert_eq!(seen().await, ("three two".to_owned(), "three".to_owned(), 1, 1));
}

async fn a_deleted_connection_takes_what_it_gave(database: Database) {
    let store = with_connections(&database).await;
    let user = add_user(&store, "erin").await;
    let group = GroupId::new(commit!(store, tx, [], groups::upsert(tx, "one", "One")).await.unwrap().id);
    commit!(store, tx, [], links::replace_memberships(tx, "acme", user, &[group], &[])).await.unwrap();
    let link = UpstreamLink {
        slug: "acme".to_owned(),
        identity_hash: SecretHash::of("erin there"),
        display: "erin".to_owned(),
        user,
        provisioned: true,
        created_at: NOW,
        last_sign_in_at: NOW,
    };
    commit!(store, tx, [link], links::insert(tx, &link)).await.unwrap();
    assert_eq!(ask!(store, links::find, "acme", &link.identity_hash), Some(link.clone()));
    assert_eq!(ask!(store, links::find, "other", &link.identity_hash), None);
    assert_eq!(ask!(store, links::list_by_user, user), std::slice::from_ref(&link));
    assert!(commit!(store, tx, [], idps::delete(tx, "acme")).await.unwrap());
    assert!(!commit!(store, tx, [], idps::delete(tx, "acme")).await.unwrap());
    assert_eq!(ask!(store, links::find, "acme", &link.identity_hash), None);
    assert!(ask!(store, users::snapshot, user).unwrap().groups.is_empty());
}

async fn the_latest_refusals_are_kept(database: Database) {
    let store = with_connections(&database).await;
    for number in 0..25 {
        let refusal = UpstreamRefusal { at: NOW, rule: "replay".to_owned(), reason: "used".to_owned(), correlation_id: number.to_string() };
        commit!(store, tx, [refusal], refusals::insert(tx, "acme", &refusal)).await.unwrap();
    }
    let kept = ask!(store, refusals::list, "acme");
    assert_eq!((kept.len(), kept[0].correlation_id.as_str(), kept[19].correlation_id.as_str()), (20, "24", "5"));
    assert_eq!(ask!(store, refusals::list, "other"), []);
}

async fn what_has_expired_is_swept(database: Database) {
    let store = with_connections(&database).await;
    let request = request("handle", "a");
    commit!(store, tx, [request], requests::insert(tx, &request, NOW, 10)).await.unwrap();
    let (hash, until) = (SecretHash::of("assertion"), NOW.after(MINUTE));
    commit!(store, tx, [hash], requests::redeem_assertion(tx, "acme", &hash, until)).await.unwrap();
    assert_eq!(commit!(store, tx, [], maintenance::sweep(tx, NOW, 10)).await.unwrap().upstream, 0);
    assert_eq!(commit!(store, tx, [], maintenance::sweep(tx, until, 10)).await.unwrap().upstream, 2);
    assert_eq!(ask!(store, requests::find, "acme", &request.handle_hash), None);
}
