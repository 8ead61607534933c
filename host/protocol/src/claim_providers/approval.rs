//! Which facts a version may read: what administrators granted, cut to nothing else.

use argus_domain::facts::Facts;
use argus_storage::StorageError;
use argus_storage::claim_providers::{self, ClaimProvider, ClaimProviderVersion};

use crate::argus::Argus;

/// What is to become of a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    /// It may read these.
    Approved(Facts),
    /// It waits for the approval of these.
    Waits {
        /// Facts it declares that were not granted.
        missing: Facts,
    },
}

/// Decides by what a version declares, what is granted now, and what was approved for this very version before.
pub(crate) fn decide(needs: Facts, granted: Facts, known: Option<&ClaimProviderVersion>) -> Decision {
    let before = known.and_then(|version| version.approval.as_ref()).map(|approval| approval.facts).unwrap_or_default();
    match needs.without(granted.union(before)) {
        missing if missing.is_empty() => Decision::Approved(needs),
        missing => Decision::Waits { missing },
    }
}

/// The facts that the version in service reads: what declares no more needs no approval of its own. Nothing where none is.
pub(crate) async fn in_service(argus: &Argus, provider: Option<&ClaimProvider>) -> Result<Facts, StorageError> {
    let Some((provider, current)) = provider.and_then(|provider| Some((provider, provider.current.as_ref()?))) else {
        return Ok(Facts::default());
    };
    let version = claim_providers::version(&mut *argus.store().read().await?, &provider.name, current).await?;
    let Some(version) = version else { return Ok(Facts::default()) };
    let approved = version.approval.as_ref().map(|approval| approval.facts).unwrap_or_default();
    // A version from before descriptions were kept was approved without a look: it counts for what it declares.
    Ok(needs(argus, &provider.name, &version).await?.map_or_else(|_| Facts::default(), |needs| needs.intersection(approved)))
}

/// The facts a version declares; asked of the component where they are not on record.
pub(crate) async fn needs(argus: &Argus, name: &str, version: &ClaimProviderVersion) -> Result<Result<Facts, String>, StorageError> {
    match &version.metadata {
        Some(metadata) => Ok(Ok(metadata.needs)),
        None => {
            let component = argus.registry().versions().component(name, &version.digest).await?;
            Ok(component.map(|component| component.metadata().needs))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_approved_as_a_whole_or_waits() {
        let facts = |names: &[&str]| Facts::named(names.iter().copied()).unwrap();
        assert_eq!(decide(facts(&["groups"]), facts(&["groups", "email"]), None), Decision::Approved(facts(&["groups"])));
        let wider = decide(facts(&["groups", "phone"]), facts(&["groups"]), None);
        assert_eq!(wider, Decision::Waits { missing: facts(&["phone"]) });
        assert_eq!(decide(Facts::default(), Facts::default(), None), Decision::Approved(Facts::default()));
    }
}
