//! What a version in the shadow showed: counts add up, samples are few.

use argus_storage::{Store, shadow_runs};
use futures_util::future::join_all;

use crate::database::Database;
use crate::samples::{add_version, shadow_count, shadow_sample};

on_both_engines!(
    counts_add_up_by_client,
    of_counts_at_two_nodes_none_is_lost,
    a_sample_comes_back_as_it_was_taken,
    samples_beyond_those_to_keep_vanish,
    clearing_reaches_one_version,
    what_is_told_of_a_version_that_is_gone_is_dropped,
);

async fn with_versions(database: &Database) -> Store {
    let store = database.store().await;
    for (name, digest) in [("level", "one"), ("level", "two"), ("other", "one")] {
        add_version(&store, name, digest).await;
    }
    store
}

async fn count(store: &Store, (name, digest): (&'static str, &'static str), client: u128, counts: [u64; 3]) {
    let count = shadow_count(client, counts);
    commit!(store, tx, [], shadow_runs::add_counts(tx, name, digest, &count)).await.unwrap();
}

async fn sample(store: &Store, (name, digest): (&'static str, &'static str), number: u8, keep: u32) {
    let sample = shadow_sample(number);
    commit!(store, tx, [sample], shadow_runs::add_sample(tx, name, digest, &sample, keep)).await.unwrap();
}

/// The numbers of the samples of a version, the newest first.
async fn samples(store: &Store, name: &str, digest: &str) -> Vec<u8> {
    ask!(store, shadow_runs::samples, name, digest).into_iter().map(|sample| sample.sealed[0]).collect()
}

async fn counts_add_up_by_client(database: Database) {
    let store = with_versions(&database).await;
    assert_eq!(ask!(store, shadow_runs::counts, "level", "one"), []);
    count(&store, ("level", "one"), 2, [1, 0, 0]).await;
    count(&store, ("level", "one"), 1, [0, 2, 3]).await;
    count(&store, ("level", "one"), 2, [10, 20, 30]).await;
    count(&store, ("level", "two"), 2, [7, 7, 7]).await;
    count(&store, ("other", "one"), 2, [8, 8, 8]).await;
    assert_eq!(ask!(store, shadow_runs::counts, "level", "one"), [shadow_count(1, [0, 2, 3]), shadow_count(2, [11, 20, 30])]);
    assert_eq!(ask!(store, shadow_runs::counts, "level", "two"), [shadow_count(2, [7, 7, 7])]);
}

async fn of_counts_at_two_nodes_none_is_lost(database: Database) {
    let nodes = [with_versions(&database).await, database.node("two").await];
    let racers = (0..64).map(|racer| {
        let store = nodes[racer % 2].clone();
        tokio::spawn(async move { count(&store, ("level", "one"), 1, [1, 2, 3]).await })
    });
    join_all(racers).await.into_iter().for_each(Result::unwrap);
    assert_eq!(ask!(nodes[0], shadow_runs::counts, "level", "one"), [shadow_count(1, [64, 128, 192])]);
}

async fn a_sample_comes_back_as_it_was_taken(database: Database) {
    let store = with_versions(&database).await;
    sample(&store, ("level", "one"), 1, 10).await;
    assert_eq!(ask!(store, shadow_runs::samples, "level", "one"), [shadow_sample(1)]);
    assert_eq!(ask!(store, shadow_runs::samples, "level", "two"), []);
}

async fn samples_beyond_those_to_keep_vanish(database: Database) {
    let store = with_versions(&database).await;
    for number in 1..=5 {
        sample(&store, ("level", "one"), number, 3).await;
        sample(&store, ("level", "two"), number, 10).await;
    }
    sample(&store, ("other", "one"), 6, 1).await;
    assert_eq!(samples(&store, "level", "one").await, [5, 4, 3]);
    assert_eq!(samples(&store, "level", "two").await, [5, 4, 3, 2, 1], "each version has its own");
    assert_eq!(samples(&store, "other", "one").await, [6]);
    sample(&store, ("level", "one"), 7, 1).await;
    assert_eq!(samples(&store, "level", "one").await, [7]);
    sample(&store, ("level", "one"), 8, 0).await;
    assert_eq!(samples(&store, "level", "one").await, [0; 0]);
}

async fn clearing_reaches_one_version(database: Database) {
    let store = with_versions(&database).await;
    for version in [("level", "one"), ("level", "two"), ("other", "one")] {
        count(&store, version, 1, [1, 1, 1]).await;
        sample(&store, version, 1, 10).await;
    }
    commit!(store, tx, [], shadow_runs::clear(tx, "level", "one")).await.unwrap();
    for (name, digest, left) in [("level", "one", 0), ("level", "two", 1), ("other", "one", 1)] {
        assert_eq!(ask!(store, shadow_runs::counts, name, digest).len(), left, "{name} {digest}");
        assert_eq!(samples(&store, name, digest).await.len(), left, "{name} {digest}");
    }
}

/// Counts are gathered for a while before they are stored.
async fn what_is_told_of_a_version_that_is_gone_is_dropped(database: Database) {
    let store = with_versions(&database).await;
    for version in [("level", "three"), ("nobody", "one")] {
        count(&store, version, 1, [1, 1, 1]).await;
        sample(&store, version, 1, 10).await;
    }
    for table in ["claim_provider_shadow_counts", "claim_provider_shadow_samples"] {
        assert_eq!(database.count(table).await, 0, "{table}");
    }
}
