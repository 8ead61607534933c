//! The operator of this server, at its own machine.

/// Marks a request as the operator's own: put into its extensions by the process that calls the router itself, it stands in place
/// of an access token at the administration API.
///
/// Whoever runs commands on the installation's files could change its database as well, so there is nothing to sign in for.
/// Nothing that comes over the network can carry an extension.
#[derive(Clone, Copy, Debug)]
pub struct LocalOperator;
