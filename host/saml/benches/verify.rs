//! What the verification of a response costs: genuine ones, and one that grows.

use std::hint::black_box;
use std::path::Path;

use argus_domain::Timestamp;
use argus_saml::{IdpMetadata, PendingRequest, response};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

const ACS: &str = "http://127.0.0.1:7310/saml/acs";

fn sample(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/samples").join(name)).unwrap_or_default()
}

fn verify(criterion: &mut Criterion) {
    let cases = [
        ("kc-assertion", "keycloak", "https://sp.test/assertion", "_475817645d8646cdb90892bedd09912b", 1_795_316_710),
        ("kc-both", "keycloak", "https://sp.test/both", "_3802f48e119046c886be6c653cc156bb", 1_795_316_717),
        ("zit-signed", "zitadel", "https://sp.test/zitadel", "_5252231000974346817756ec97e53ecd", 1_795_317_439),
    ];
    for (name, provider, entity_id, request, seconds) in cases {
        let Ok(metadata) = IdpMetadata::parse(&sample(&format!("{provider}-idp-metadata.xml"))) else { return };
        let connection = metadata.connection(entity_id, ACS);
        let (pending, now) = (PendingRequest { id: request.to_owned() }, Timestamp::from_unix_seconds(seconds));
        let document = sample(&format!("{name}.xml"));
        assert!(response::verify(&document, &connection, Some(&pending), now).is_ok(), "{name}");
        criterion.bench_function(name, |bencher| {
            bencher.iter(|| response::verify(black_box(&document), &connection, Some(&pending), now));
        });
    }
}

/// The signatures of these do not verify, which is found out after all has been digested.
fn growth(criterion: &mut Criterion) {
    let Ok(metadata) = IdpMetadata::parse(&sample("keycloak-idp-metadata.xml")) else { return };
    let connection = metadata.connection("https://sp.test/both", ACS);
    let (pending, now) =
        (PendingRequest { id: "_3802f48e119046c886be6c653cc156bb".to_owned() }, Timestamp::from_unix_seconds(1_795_316_717));
    let document = String::from_utf8(sample("kc-both.xml")).unwrap_or_default();
    let value = "<saml:AttributeValue>engineering</saml:AttributeValue>";
    let mut group = criterion.benchmark_group("values");
    for count in [100, 1000, 8000] {
        let grown = document.replacen("</saml:Attribute>", &format!("{}</saml:Attribute>", value.repeat(count)), 1).into_bytes();
        group.throughput(Throughput::Bytes(grown.len() as u64));
        group.bench_function(BenchmarkId::from_parameter(count), |bencher| {
            bencher.iter(|| response::verify(black_box(&grown), &connection, Some(&pending), now));
        });
    }
    group.finish();
}

criterion_group!(benches, verify, growth);
criterion_main!(benches);
