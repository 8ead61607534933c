//! Several processes on one database: counters, chains, and who sees what.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use argus_domain::ids::DomainId;
use argus_storage::{Store, audit, domains, users, versions};
use futures_util::future::join_all;

use crate::database::Database;
use crate::samples::{NOW, add_user, event};

on_both_engines!(
    a_change_counted_by_one_node_is_seen_by_the_other,
    of_counts_at_two_nodes_none_is_lost,
    two_nodes_write_two_whole_chains,
    two_processes_of_one_name_write_one_whole_chain,
    a_trail_is_whole_while_it_is_being_written,
    of_two_nodes_that_add_the_same_user_one_succeeds,
    two_nodes_may_add_the_same_domain,
);

async fn count_and_tell(store: &Store, name: &str) -> u64 {
    let (name, event) = (name.to_owned(), event(name));
    commit!(store, tx, [name, event], async {
        tx.audit(&event).await?;
        versions::bump(tx, &name).await
    })
    .await
    .unwrap()
}

async fn a_change_counted_by_one_node_is_seen_by_the_other(database: Database) {
    let (one, two) = (database.node("one").await, database.node("two").await);
    assert!(ask!(two, versions::get_all).is_empty());
    assert_eq!(count_and_tell(&one, "registry").await, 1);
    assert_eq!(ask!(two, versions::get_all), [("registry".to_owned(), 1)].into());
    assert_eq!(count_and_tell(&two, "registry").await, 2);
    assert_eq!(count_and_tell(&two, "keys").await, 1);
    assert_eq!(ask!(one, versions::get_all), [("keys".to_owned(), 1), ("registry".to_owned(), 2)].into());
}

/// Writes at both nodes at once; returns what each was told.
async fn race(nodes: &[Store; 2], writes: usize, name: &'static str) -> Vec<u64> {
    let racers = (0..writes).map(|number| {
        let store = nodes[number % 2].clone();
        tokio::spawn(async move { count_and_tell(&store, name).await })
    });
    join_all(racers).await.into_iter().map(Result::unwrap).collect()
}

async fn of_counts_at_two_nodes_none_is_lost(database: Database) {
    let nodes = [database.node("one").await, database.node("two").await];
    let counts: BTreeSet<u64> = race(&nodes, 200, "registry").await.into_iter().collect();
    assert_eq!(counts, (1..=200).collect());
}

async fn two_nodes_write_two_whole_chains(database: Database) {
    let nodes = [database.node("one").await, database.node("two").await];
    race(&nodes, 300, "registry").await;
    assert_eq!(ask!(nodes[0], audit::verify), [("one".to_owned(), 150), ("two".to_owned(), 150)]);
}

/// The command line beside a server.
async fn two_processes_of_one_name_write_one_whole_chain(database: Database) {
    let processes = [database.node("main").await, database.node("main").await];
    race(&processes, 300, "registry").await;
    // One after the other as well: each has to notice that the chain has moved on.
    for number in 0..10 {
        count_and_tell(&processes[number % 2], "registry").await;
    }
    assert_eq!(ask!(processes[0], audit::verify), [("main".to_owned(), 310)]);
}

async fn a_trail_is_whole_while_it_is_being_written(database: Database) {
    let nodes = [database.node("one").await, database.node("two").await];
    let done = Arc::new(AtomicBool::new(false));
    let verifying = tokio::spawn({
        let (store, done) = (database.open("reader").await, Arc::clone(&done));
        async move {
            let mut verified = 0;
            while !done.load(Ordering::SeqCst) {
                audit::verify(&mut store.read().await.unwrap()).await.unwrap();
                verified += 1;
            }
            verified
        }
    });
    for _ in 0..6 {
        race(&nodes, 100, "registry").await;
    }
    done.store(true, Ordering::SeqCst);
    assert!(verifying.await.unwrap() > 0);
    assert_eq!(ask!(nodes[1], audit::verify), [("one".to_owned(), 300), ("two".to_owned(), 300)]);
}

async fn of_two_nodes_that_add_the_same_user_one_succeeds(database: Database) {
    let nodes = [database.node("one").await, database.node("two").await];
    for round in 0..10 {
        let add = |store: &Store| {
            let (store, user) = (store.clone(), crate::samples::new_user(&format!("user {round}")));
            async move { commit!(store, tx, [user], users::insert(tx, &user, NOW)).await }
        };
        let (one, two) = tokio::join!(add(&nodes[0]), add(&nodes[1]));
        let refused = match (one, two) {
            (Ok(_), Err(refused)) | (Err(refused), Ok(_)) => refused,
            other => panic!("one of two was expected: {other:?}"),
        };
        assert!(refused.is_conflict(), "{refused:?}");
    }
    assert_eq!(ask!(nodes[0], users::count), 10);
    assert_eq!(add_user(&nodes[0], "another").await, ask!(nodes[1], users::find_by_username, "another").unwrap().id);
}

async fn two_nodes_may_add_the_same_domain(database: Database) {
    let nodes = [database.node("one").await, database.node("two").await];
    for round in 1..=10 {
        let shortname = format!("domain{round}");
        let add = |store: &Store| {
            let (store, shortname) = (store.clone(), shortname.clone());
            async move { commit!(store, tx, [shortname], domains::upsert(tx, Some(DomainId::new(round)), &shortname, "A domain")).await }
        };
        let (one, two) = tokio::join!(add(&nodes[0]), add(&nodes[1]));
        assert_eq!(one.unwrap(), two.unwrap());
    }
    assert_eq!(ask!(nodes[0], domains::list).len(), 10);
}
