//! Work that needs a deep stack.

use crate::trouble::Trouble;

/// Does the work of reading a language on a thread with a stack of its own. Where that fails, the trouble is all there is.
pub(crate) fn read<T: From<Trouble> + Send>(
    language: &str,
    bytes: usize,
    work: impl FnOnce() -> T + Send,
) -> T {
    let failed =
        |what: String| T::from(Trouble::new("", 0, what, "report this with the files that cause it"));
    std::thread::scope(|scope| {
        match std::thread::Builder::new().stack_size(bytes).spawn_scoped(scope, work) {
            Ok(thread) => thread
                .join()
                .unwrap_or_else(|_| failed(format!("reading {language} ended in an internal error"))),
            Err(error) => failed(format!("no thread could be started to read {language}: {error}")),
        }
    })
}
