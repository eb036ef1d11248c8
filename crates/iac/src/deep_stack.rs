//! Work that needs a deep stack.

use crate::terraform::Read;
use crate::trouble::Trouble;

/// Does the work of reading a language on a thread with a stack of its own.
pub(crate) fn read(language: &str, bytes: usize, work: impl FnOnce() -> Read + Send) -> Read {
    let failed = |what: String| Read {
        troubles: vec![Trouble::new("", 0, what, "report this with the files that cause it")],
        ..Read::default()
    };
    std::thread::scope(|scope| {
        match std::thread::Builder::new().stack_size(bytes).spawn_scoped(scope, work) {
            Ok(thread) => thread
                .join()
                .unwrap_or_else(|_| failed(format!("reading {language} ended in an internal error"))),
            Err(error) => failed(format!("no thread could be started to read {language}: {error}")),
        }
    })
}
