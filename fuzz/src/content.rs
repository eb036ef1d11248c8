//! Content files, settings and the packed blob.

use partywall_content::load::{Files, Loaded, load};
use partywall_content::{Catalog, Content, Settings, blob};

use crate::base;

/// A check file: see `one_file`.
pub fn content_check(bytes: &[u8]) {
    one_file("checks/aws/s3/s3-bucket-open.yaml", bytes);
}

/// A collector file.
pub fn content_collector(bytes: &[u8]) {
    one_file("collect/aws/s3.yaml", bytes);
}

/// A service file.
pub fn content_service(bytes: &[u8]) {
    one_file("ssrm/services/aws/s3.yaml", bytes);
}

/// A framework file.
pub fn content_framework(bytes: &[u8]) {
    one_file("frameworks/nist-800-53r5.yaml", bytes);
}

/// An OSCAL catalogue: what is read of it is bounded and is found as it is written.
pub fn catalog_text(bytes: &[u8]) {
    if let Ok(catalog) = Catalog::read(bytes) {
        assert!(!catalog.is_empty(), "a catalogue without controls is refused");
        assert!(catalog.len() <= bytes.len() / r#"{"id":""}"#.len(), "more controls than there is room for");
        for (id, control) in catalog.controls() {
            assert!(catalog.control(id).is_some(), "`{id}` is not found as it is kept");
            assert!(control.text.len() <= 8_192 + "…".len(), "a statement of {} bytes", control.text.len());
        }
    }
}

/// The files of the responsibility model; the text is read as each of them.
pub fn content_model(bytes: &[u8]) {
    for name in ["controls", "archetypes", "killchain", "lifecycle"] {
        one_file(&format!("ssrm/{name}.yaml"), bytes);
    }
}

/// `partywall.yaml`: an error names a line of the text, and a byte order mark changes nothing.
pub fn settings_text(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let parse = |text: &str| Settings::parse("partywall.yaml", text, base::controls());
    let settings = parse(&text);
    if !text.starts_with('\u{feff}') && !text.trim().is_empty() {
        let marked = parse(&format!("\u{feff}{text}"));
        assert_eq!(format!("{settings:?}"), format!("{marked:?}"), "with and without a byte order mark");
    }
    match settings {
        Ok(settings) => {
            for overlay in &settings.overlays {
                assert!(base::controls().contains(&overlay.value.control), "a control that does not exist");
            }
            for waiver in &settings.waivers {
                assert!(is_place(waiver.line.into(), &text), "line {}", waiver.line);
                let waiver = &waiver.value;
                assert!(!waiver.reason.trim().is_empty() && !waiver.owner.trim().is_empty());
                assert!(waiver.fingerprint.is_some() || waiver.asset.is_some());
            }
        }
        Err(error) => {
            assert!(is_place(error.line.into(), &text), "{error}");
            assert!(!error.message.is_empty());
        }
    }
}

/// The longest form that is unpacked, in bytes. The stored form of an expression is read by recursion without a
/// bound of its own, and a blob that nobody but the build makes may be trusted that far; a level takes three
/// bytes of the form and, without optimisation, some two kilobytes of stack.
const LONGEST_FORM: usize = 2_700;

/// The packed content. What does not begin like a compressed frame is compressed first, so that the form
/// within is reached too; what unpacks can be packed again to the same.
pub fn packed_blob(bytes: &[u8]) {
    const FRAME: [u8; 4] = 0xfd2f_b528_u32.to_le_bytes();
    let is_short = |form: Vec<u8>| form.len() <= LONGEST_FORM;
    let content = if bytes.starts_with(&FRAME) {
        if !zstd::bulk::decompress(bytes, 1 << 16).map_or(true, is_short) {
            return;
        }
        blob::unpack(bytes)
    } else {
        let form = bytes.get(..LONGEST_FORM).unwrap_or(bytes);
        blob::unpack(&zstd::bulk::compress(form, 1).expect("bytes can be compressed"))
    };
    if let Ok(content) = content {
        assert_survives_packing(&content);
    }
}

/// Loads one file over the small content. Every problem names the file and a line of it, and what is taken
/// without a problem survives being packed.
fn one_file(path: &str, bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let files = Files([(path.to_owned(), text.clone().into_owned())].into());
    let Loaded { content, problems, examples, .. } = load(&files, base::content().clone());
    for problem in &problems {
        assert!(!problem.message.is_empty());
        // A reference from another file to what this one took away has that file as its subject.
        if let Some(line) = problem.subject.strip_prefix(path).and_then(|rest| rest.strip_prefix(':')) {
            let line: u64 = line.parse().expect("a subject is `file:line`");
            assert!(is_place(line, &text), "{problem}");
        }
    }
    for (_, examples) in &examples {
        for example in examples {
            assert!(is_place(example.line.into(), &text), "an example on line {}", example.line);
        }
    }
    if problems.is_empty() {
        assert_survives_packing(&content);
    }
}

/// Whether a text has that line; the end of the text counts as one.
fn is_place(line: u64, text: &str) -> bool {
    let lines = text.split(['\n', '\r']).count() as u64 + 1;
    (1..=lines).contains(&line)
}

fn assert_survives_packing(content: &Content) {
    let form = postcard::to_stdvec(content).expect("content has a form");
    let read: Content = postcard::from_bytes(&form).expect("what was written can be read");
    assert_eq!(postcard::to_stdvec(&read).expect("content has a form"), form);
}
