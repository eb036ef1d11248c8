//! Work that needs a deep stack.

use crate::terraform::Read;
use crate::trouble::Trouble;

/// Does the work of reading a language on a thread with a stack of its own; what went wrong with the thread.
pub(crate) fn run<T: Send>(
    language: &str,
    bytes: usize,
    work: impl FnOnce() -> T + Send,
) -> Result<T, String> {
    std::thread::scope(|scope| {
        match std::thread::Builder::new().stack_size(bytes).spawn_scoped(scope, work) {
            Ok(thread) => thread.join().map_err(|_| format!("reading {language} ended in an internal error")),
            Err(error) => Err(format!("no thread could be started to read {language}: {error}")),
        }
    })
}

/// The same where what is read can tell a trouble.
pub(crate) fn read(language: &str, bytes: usize, work: impl FnOnce() -> Read + Send) -> Read {
    run(language, bytes, work).unwrap_or_else(|what| Read {
        troubles: vec![Trouble::new("", 0, what, "report this with the files that cause it")],
        ..Read::default()
    })
}
