//! The operator of the server's own machine.

/// Put into a request's extensions by a program that serves the router in its own process: whoever can start that program with the
/// installation's configuration administers it already, and needs no token. Nothing that comes over the network carries an extension.
#[derive(Clone, Copy, Debug)]
pub struct LocalOperator;
