//! Parses the command line, calls `cli`, maps the result to an exit code; nothing else.

use std::process::ExitCode;

/// A run allocates many small texts on many threads; the system's allocator took a fifth of its time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    regauge::cli::main()
}
