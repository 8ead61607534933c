//! Listing the audit trail: in order of time, by filter, page by page.

use argus_domain::Timestamp;
use argus_domain::audit::{AuditEvent, AuditEventKind, AuditRecord};
use argus_storage::audit::{self, AuditFilter, AuditOrder};
use argus_storage::{StorageError, Store};

use crate::database::Database;
use crate::samples::{MILLISECOND, MINUTE, NOW, client_id, event};

on_both_engines!(
    an_event_comes_back_as_it_was_told,
    events_are_listed_in_order_of_time_whoever_wrote_them,
    each_filter_leaves_out_the_others,
    pages_follow_each_other_without_loss_or_repetition,
    one_write_may_tell_of_hundreds_of_events,
    an_event_of_a_write_that_failed_did_not_happen,
    the_events_of_a_request_are_found_in_order_of_time,
    of_a_request_a_hundred_events_are_told_at_most,
);

async fn tell(store: &Store, event: &AuditEvent) {
    let event = event.clone();
    commit!(store, tx, [event], tx.audit(&event)).await.unwrap();
}

fn at(event: AuditEvent, at: Timestamp) -> AuditEvent {
    AuditEvent { at, ..event }
}

fn decoded(record: &AuditRecord) -> AuditEvent {
    serde_json::from_str(&record.body).unwrap()
}

async fn found(store: &Store, filter: AuditFilter) -> Vec<String> {
    let page = ask!(store, audit::list, &filter, None, 100);
    assert!(page.next.is_none());
    page.records.iter().map(|record| decoded(record).correlation_id).collect()
}

async fn an_event_comes_back_as_it_was_told(database: Database) {
    let store = database.node("node \"ø\"").await;
    let whole = event("whole").address(Some("2001:db8::1")).failed("why: \0 \u{1f989} \"").with("n", 1.50).with("b", vec!["z", "a"]);
    let bare = AuditEvent::new(NOW, AuditEventKind::KeyCreated, "bare");
    tell(&store, &whole).await;
    tell(&store, &bare).await;
    let page = ask!(store, audit::list, &AuditFilter::default(), None, 10);
    assert_eq!(page.records.iter().map(decoded).collect::<Vec<_>>(), [whole, bare]);
    let places: Vec<_> = page.records.into_iter().map(|record| (record.node, record.sequence)).collect();
    assert_eq!(places, [("node \"ø\"".to_owned(), 1), ("node \"ø\"".to_owned(), 2)]);
    assert_eq!(ask!(store, audit::verify), [("node \"ø\"".to_owned(), 2)]);
}

async fn events_are_listed_in_order_of_time_whoever_wrote_them(database: Database) {
    let (one, two) = (database.node("one").await, database.node("Two").await);
    for (store, name, minutes) in [(&one, "c", 3), (&two, "b", 2), (&one, "a", 1), (&two, "c too", 3), (&one, "c again", 3)] {
        tell(store, &at(event(name), NOW.after(MINUTE * minutes))).await;
    }
    // Of one moment: by node, byte by byte, then as they were told.
    assert_eq!(found(&one, AuditFilter::default()).await, ["a", "b", "c too", "c", "c again"]);
}

async fn each_filter_leaves_out_the_others(database: Database) {
    let store = database.store().await;
    let kind = AuditEvent::new(NOW, AuditEventKind::SignInFailed, "kind");
    for event in [
        at(event("late"), NOW.after(MILLISECOND)),
        at(event("early"), NOW.before(MILLISECOND)),
        kind,
        event("client").client(client_id(2)),
        event("subject").subject("alice"),
        event("now"),
    ] {
        tell(&store, &event).await;
    }
    let all = AuditFilter::default();
    assert_eq!(found(&store, all.clone()).await, ["early", "kind", "client", "subject", "now", "late"]);
    let since = |time| AuditFilter { since: Some(time), ..all.clone() };
    assert_eq!(found(&store, since(NOW)).await, ["kind", "client", "subject", "now", "late"]);
    assert_eq!(found(&store, since(NOW.after(MILLISECOND))).await, ["late"]);
    assert_eq!(found(&store, AuditFilter { event: Some(AuditEventKind::SignInFailed), ..all.clone() }).await, ["kind"]);
    assert_eq!(found(&store, AuditFilter { client_id: Some(client_id(2).to_string()), ..all.clone() }).await, ["client"]);
    assert_eq!(found(&store, AuditFilter { subject: Some("alice".to_owned()), ..all.clone() }).await, ["subject"]);
    let both = AuditFilter { subject: Some("alice".to_owned()), client_id: Some(client_id(2).to_string()), ..all.clone() };
    assert_eq!(found(&store, both).await, [""; 0]);
    let newest = |filter| AuditFilter { order: AuditOrder::NewestFirst, ..filter };
    assert_eq!(found(&store, newest(AuditFilter::default())).await, ["late", "now", "subject", "client", "kind", "early"]);
    assert_eq!(found(&store, newest(since(NOW))).await, ["late", "now", "subject", "client", "kind"]);
    for name in ["kind", "client", "subject", "now"] {
        let one = AuditFilter { correlation_id: Some(name.to_owned()), ..AuditFilter::default() };
        assert_eq!(found(&store, one.clone()).await, [name]);
        assert_eq!(found(&store, newest(one)).await, [name]);
    }
}

async fn pages_follow_each_other_without_loss_or_repetition(database: Database) {
    let nodes = [database.node("one").await, database.node("two").await];
    for number in 0..23_u32 {
        // Four events each moment, from both nodes.
        tell(&nodes[number as usize % 2], &at(event(&format!("{number:02}")), NOW.after(MINUTE * (number / 4)))).await;
    }
    let filter = AuditFilter { since: Some(NOW.after(MINUTE)), ..AuditFilter::default() };
    for (limit, order) in [1, 3, 19, 100].into_iter().flat_map(|limit| [(limit, AuditOrder::OldestFirst), (limit, AuditOrder::NewestFirst)])
    {
        let filter = AuditFilter { order, ..filter.clone() };
        let mut seen = Vec::new();
        let mut after = None;
        loop {
            let page = ask!(nodes[0], audit::list, &filter, after.as_ref(), limit);
            assert!(page.records.len() <= limit as usize);
            seen.extend(page.records.iter().map(|record| decoded(record).correlation_id));
            // Told while somebody reads: it comes on a later page, if at all.
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        seen.sort();
        assert_eq!(seen, (4..23).map(|number| format!("{number:02}")).collect::<Vec<_>>(), "{limit} a page");
    }
}

async fn one_write_may_tell_of_hundreds_of_events(database: Database) {
    let store = database.store().await;
    for count in [1, 15, 16, 17, 300] {
        store
            .write(move |tx| {
                Box::pin(async move {
                    for number in 0..count {
                        tx.audit(&event(&format!("{count}/{number}"))).await?;
                    }
                    Ok(())
                })
            })
            .await
            .unwrap();
    }
    assert_eq!(ask!(store, audit::verify), [("main".to_owned(), 349)]);
    let page = ask!(store, audit::list, &AuditFilter::default(), None, 1_000);
    let expected = [1, 15, 16, 17, 300].into_iter().flat_map(|count| (0..count).map(move |number| format!("{count}/{number}")));
    assert!(page.records.iter().map(|record| decoded(record).correlation_id).eq(expected));
}

async fn an_event_of_a_write_that_failed_did_not_happen(database: Database) {
    let store = database.store().await;
    tell(&store, &event("first")).await;
    let failed = store
        .write(|tx| {
            Box::pin(async move {
                tx.audit(&event("failed")).await?;
                Err::<(), _>(StorageError::Configuration("something else failed".to_owned()))
            })
        })
        .await;
    assert!(failed.is_err());
    tell(&store, &event("second")).await;
    assert_eq!(found(&store, AuditFilter::default()).await, ["first", "second"]);
    assert_eq!(ask!(store, audit::verify), [("main".to_owned(), 2)]);
}

async fn the_events_of_a_request_are_found_in_order_of_time(database: Database) {
    let (one, two) = (database.node("one").await, database.node("Two").await);
    for (store, request, minutes, name) in [
        (&one, "request", 2, "c"),
        (&two, "request", 1, "a"),
        (&two, "another", 1, "-"),
        (&one, "request", 2, "d"),
        (&two, "request", 2, "b"),
    ] {
        tell(store, &at(event(request), NOW.after(MINUTE * minutes)).with("name", name)).await;
    }
    let found = ask!(two, audit::by_correlation_id, "request");
    let names: Vec<_> = found.iter().map(|record| decoded(record).details["name"].as_str().unwrap().to_owned()).collect();
    assert_eq!(names, ["a", "b", "c", "d"]);
    assert_eq!((found[0].node.as_str(), found[0].sequence), ("Two", 1));
    assert!(ask!(two, audit::by_correlation_id, "Request").is_empty());
}

async fn of_a_request_a_hundred_events_are_told_at_most(database: Database) {
    let store = database.store().await;
    commit!(store, tx, [], async { tx.audit_all(&vec![event("request"); 101]).await }).await.unwrap();
    let found = ask!(store, audit::by_correlation_id, "request");
    assert!(found.iter().map(|record| record.sequence).eq(1..=100));
}
