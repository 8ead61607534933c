//! What a signature and its verification cost, by algorithm.

use argus_domain::Timestamp;
use argus_domain::signing::{SigningAlgorithm, SigningKeyState};
use argus_keys::signing_key::{StoredSigningKey, generate};
use argus_keys::{KeyRing, SealingKey, SystemRandom, TokenType};
use criterion::{Criterion, criterion_group, criterion_main};
use serde_json::{Value, json};

fn sign_and_verify(criterion: &mut Criterion) {
    let sealing = SealingKey::new(&[7; 32].into());
    let keys: Vec<_> = SigningAlgorithm::ALL
        .into_iter()
        .filter_map(|algorithm| generate(algorithm, &sealing, &SystemRandom, Timestamp::from_unix_seconds(0)).ok())
        .map(|key| StoredSigningKey { state: SigningKeyState::Active, ..key })
        .collect();
    let Ok(ring) = KeyRing::new(&keys, &sealing) else { return };
    let claims = json!({"iss": "https://id.example.com", "sub": "5c9d5f0e", "aud": "https://id.example.com", "exp": 1_700_000_600,
        "iat": 1_700_000_000, "jti": "abcdefghijklmnop", "client_id": "021269c5-04c3-4399-a206-32659c489803", "scope": "openid profile email"});
    for algorithm in SigningAlgorithm::ALL {
        criterion.bench_function(&format!("sign {}", algorithm.as_str()), |bencher| {
            bencher.iter(|| ring.sign(algorithm, TokenType::AccessToken, &claims));
        });
        let Ok(token) = ring.sign(algorithm, TokenType::AccessToken, &claims) else { return };
        criterion.bench_function(&format!("verify {}", algorithm.as_str()), |bencher| {
            bencher.iter(|| ring.verify::<Value>(&token, TokenType::AccessToken));
        });
    }
}

criterion_group!(benches, sign_and_verify);
criterion_main!(benches);
