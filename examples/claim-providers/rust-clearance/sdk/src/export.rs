//! From the trait to the exports of the component.

use core::marker::PhantomData;

use crate::bindings::argus::claims::types;
use crate::bindings::exports::argus::claims::provider::Guest;
use crate::{Claim, ClaimProvider, Issuance, Metadata, Problem, ProviderError, parse_configuration};

/// Makes a [`ClaimProvider`] the provider of this component. Once per crate; does nothing on other targets than wasm32, so that tests
/// of the provider run natively.
#[macro_export]
macro_rules! export {
    ($provider:ty) => {
        #[cfg(target_arch = "wasm32")]
        const _: () = {
            type Exported = $crate::private::Exported<$provider>;
    $crate::private::export_claim_provider!(Exported with_types_in $crate::bindings);
        };
    };
}

/// Carries the generated trait for a provider.
#[derive(Debug)]
pub struct Exported<P>(PhantomData<P>);

impl<P: ClaimProvider> Guest for Exported<P> {
    fn describe() -> Metadata {
        P::describe()
    }

    fn validate_configuration(configuration: String) -> Result<types::Plan, Vec<Problem>> {
        P::plan(&parse_configuration(&configuration)?).map(Into::into)
    }

    fn claims(configuration: String, context: Issuance) -> Result<Vec<Claim>, ProviderError> {
        match serde_json::from_str(&configuration) {
            Ok(configuration) => P::claims(configuration, context),
            // Read again with a note of the path: only a configuration that was stored before this version of the provider comes here.
            Err(error) => Err(ProviderError::BadConfiguration(match parse_configuration::<P::Configuration>(&configuration) {
                Err(problems) => problems,
                Ok(_) => vec![Problem { pointer: String::new(), message: error.to_string() }],
            })),
        }
    }
}
