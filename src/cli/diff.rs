//! TODO
use super::{CommandResult, Session};
/// TODO
#[derive(Debug, clap::Args)]
pub struct Args {}
/// TODO
pub fn run(_: &Session, _: &Args) -> CommandResult { todo!() }
