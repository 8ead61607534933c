//! What claim providers said and were given: found by request and by provider, and gone in time.

use argus_domain::Timestamp;
use argus_domain::claim::Target;
use argus_storage::claim_traces::{self, LoggedInvocation, RecordedInput};
use argus_storage::maintenance::{Swept, sweep};
use argus_storage::{Store, claim_providers};

use crate::database::Database;
use crate::samples::{DAY, MILLISECOND, MINUTE, NOW, add_version, client_id, logged};

on_both_engines!(
    logs_are_found_by_request_in_order_and_by_provider_the_newest_first,
    an_input_comes_back_until_it_expires,
    an_input_that_is_recorded_again_replaces_the_first,
    expired_inputs_are_swept_a_batch_at_a_time,
    logs_are_kept_a_week,
    of_each_provider_the_newest_thousand_logs_are_kept,
);

async fn log(store: &Store, log: &LoggedInvocation) {
    let log = log.clone();
    commit!(store, tx, [log], claim_traces::insert_log(tx, &log)).await.unwrap();
}

async fn record(store: &Store, input: &RecordedInput) {
    let input = input.clone();
    commit!(store, tx, [input], claim_traces::insert_input(tx, &input)).await.unwrap();
}

async fn run_sweep(store: &Store, now: Timestamp, batch: u32) -> Swept {
    commit!(store, tx, [], sweep(tx, now, batch)).await.unwrap()
}

/// An input that lives for a minute.
fn input(correlation_id: &str, attachment: u64, target: Target) -> RecordedInput {
    RecordedInput {
        correlation_id: correlation_id.to_owned(),
        attachment,
        target,
        client: client_id(1),
        provider: "level".to_owned(),
        digest: "one".to_owned(),
        sealed: vec![0, 255, u8::try_from(attachment).unwrap()],
        at: NOW,
        expires_at: NOW.after(MINUTE),
    }
}

async fn logs_are_found_by_request_in_order_and_by_provider_the_newest_first(database: Database) {
    let store = database.store().await;
    let first = logged("level", "one", "request");
    let second = LoggedInvocation { target: Target::Userinfo, client: client_id(2), ..logged("other", "two", "request") };
    // Of an earlier time, by another node's clock: the order is that of arrival.
    let third = LoggedInvocation { target: Target::AccessToken, at: NOW.before(MINUTE), ..logged("level", "two", "request") };
    let fourth = logged("level", "one", "another");
    for one in [&first, &second, &third, &fourth] {
        log(&store, one).await;
    }
    assert_eq!(ask!(store, claim_traces::logs_of_request, "request"), [first.clone(), second, third.clone()]);
    assert_eq!(ask!(store, claim_traces::logs_of_request, "Request"), []);
    assert_eq!(ask!(store, claim_traces::logs_of_provider, "level", 10), [fourth.clone(), third.clone(), first]);
    assert_eq!(ask!(store, claim_traces::logs_of_provider, "level", 2), [fourth, third]);
    assert_eq!(ask!(store, claim_traces::logs_of_provider, "nobody", 10), []);
}

async fn an_input_comes_back_until_it_expires(database: Database) {
    let store = database.store().await;
    let inputs = [
        input("request", 0, Target::AccessToken),
        input("request", 0, Target::IdToken),
        input("request", 2, Target::Userinfo),
        input("request", 10, Target::IdToken),
    ];
    for number in [3, 1, 0, 2] {
        record(&store, &inputs[number]).await;
    }
    record(&store, &input("another", 1, Target::IdToken)).await;
    let last = NOW.after(MINUTE - MILLISECOND);
    assert_eq!(ask!(store, claim_traces::inputs_of_request, "request", last), inputs);
    assert_eq!(ask!(store, claim_traces::inputs_of_request, "request", NOW.after(MINUTE)), []);
    assert_eq!(ask!(store, claim_traces::inputs_of_request, "unknown", NOW), []);
}

async fn an_input_that_is_recorded_again_replaces_the_first(database: Database) {
    let store = database.store().await;
    record(&store, &input("request", 1, Target::IdToken)).await;
    let again = RecordedInput {
        client: client_id(2),
        provider: "other".to_owned(),
        digest: "two".to_owned(),
        sealed: vec![7],
        at: NOW.after(MINUTE),
        expires_at: NOW.after(DAY),
        ..input("request", 1, Target::IdToken)
    };
    record(&store, &again).await;
    assert_eq!(ask!(store, claim_traces::inputs_of_request, "request", NOW), [again]);
    assert_eq!(database.count("recorded_inputs").await, 1);
}

async fn expired_inputs_are_swept_a_batch_at_a_time(database: Database) {
    let store = database.store().await;
    for number in [2, 4, 0, 3, 1] {
        let end = NOW.after(MILLISECOND * u32::try_from(number).unwrap());
        record(&store, &RecordedInput { expires_at: end, ..input("request", number, Target::IdToken) }).await;
    }
    let swept = |recorded_inputs| Swept { recorded_inputs, ..Swept::default() };
    let end = NOW.after(MILLISECOND * 3);
    assert_eq!(run_sweep(&store, NOW.before(MILLISECOND), 100).await, swept(0));
    assert_eq!(run_sweep(&store, end, 3).await, swept(3));
    let long_before = Timestamp::from_unix_millis(0);
    let left: Vec<_> = ask!(store, claim_traces::inputs_of_request, "request", long_before).iter().map(|input| input.attachment).collect();
    assert_eq!(left, [3, 4], "the oldest went first");
    assert_eq!(run_sweep(&store, end, 3).await, swept(1));
    assert_eq!(run_sweep(&store, end, 3).await, swept(0));
}

async fn logs_are_kept_a_week(database: Database) {
    let store = database.store().await;
    for number in 0..5 {
        let at = NOW.after(MILLISECOND * number);
        log(&store, &LoggedInvocation { at, ..logged("level", "one", &number.to_string()) }).await;
    }
    let swept = |claim_provider_logs| Swept { claim_provider_logs, ..Swept::default() };
    let week_later = NOW.after(DAY * 7);
    assert_eq!(run_sweep(&store, week_later.before(MILLISECOND), 100).await, swept(0));
    assert_eq!(run_sweep(&store, week_later.after(MILLISECOND * 3), 3).await, swept(3));
    assert_eq!(run_sweep(&store, week_later.after(MILLISECOND * 3), 3).await, swept(1));
    assert_eq!(run_sweep(&store, week_later.after(MILLISECOND * 3), 3).await, swept(0));
    let left: Vec<_> = ask!(store, claim_traces::logs_of_provider, "level", 10).into_iter().map(|log| log.correlation_id).collect();
    assert_eq!(left, ["4"]);
}

async fn of_each_provider_the_newest_thousand_logs_are_kept(database: Database) {
    let store = database.store().await;
    for (name, logs) in [("level", 1_003), ("other", 1_000), ("gone", 1_001)] {
        add_version(&store, name, "one").await;
        store
            .write(move |tx| {
                Box::pin(async move {
                    for number in 0..logs {
                        claim_traces::insert_log(tx, &logged(name, "one", &number.to_string())).await?;
                    }
                    Ok(())
                })
            })
            .await
            .unwrap();
    }
    assert!(commit!(store, tx, [], claim_providers::delete(tx, "gone")).await.unwrap());
    let swept = |claim_provider_logs| Swept { claim_provider_logs, ..Swept::default() };
    assert_eq!(run_sweep(&store, NOW, 2).await, swept(2));
    assert_eq!(run_sweep(&store, NOW, 2).await, swept(1));
    assert_eq!(run_sweep(&store, NOW, 2).await, swept(0));
    let left = ask!(store, claim_traces::logs_of_provider, "level", 2_000);
    assert_eq!((left.len(), left.last().unwrap().correlation_id.as_str()), (1_000, "3"), "the oldest went");
    assert_eq!(ask!(store, claim_traces::logs_of_provider, "other", 2_000).len(), 1_000);
    assert_eq!(run_sweep(&store, NOW.after(DAY * 7), 5_000).await, swept(3_001), "of the provider that is gone too");
}
