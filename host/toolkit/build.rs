//! Makes the component that `argus plugin bench` compares with.

#[path = "build/empty_component.rs"]
mod empty_component;

use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    empty_component::write()
}
